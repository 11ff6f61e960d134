"""`agents purge`: it asks first, and says what is gone."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from ingenious_ops.cli.commands.agents.named import framework_argument, in_shell, name_json
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import count, table
from ingenious_ops.cli.parameters import (
    confirm,
    dry_run_option,
    require_yes_without_terminal,
    yes_option,
)
from ingenious_ops.cli.session import pass_session
from ingenious_ops.erasure.purged import purged_json
from ingenious_ops.times import timestamp
from ingenious_storage.errors import NotFoundError
from ingenious_storage.services.agent_info import find_documents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingenious_ops.cli.session import Session
    from ingenious_storage import PurgeReceipt


@click.command(cls=Command)
@framework_argument()
@click.argument("parts", nargs=-1, required=True, metavar="PART...")
@dry_run_option
@yes_option
@pass_session
def purge(
    session: Session, framework: str, parts: Sequence[str], *, dry_run: bool, yes: bool
) -> None:
    """Erase documents with their whole history, for good.

    All whose names begin with these PARTs: of a session its histories and its snapshot, of a thread
    all its namespaces. Deleted ones too.
    """
    if not dry_run:
        require_yes_without_terminal(yes=yes)
    documents = session.storage.agents(framework)
    found = find_documents(documents, *parts)
    if not found:
        raise NotFoundError(
            f"{framework} has no document {shlex.join(parts)}",
            hint=f"`agents ls {framework}` lists what is there.",
        )
    names = [name_json(each.name) for each in found]
    record = {"framework": framework, "dry_run": dry_run, "documents": names}
    many = count(len(found), "document")
    if dry_run:
        rows = [(in_shell(each.name), each.name.leaf, each.newest.number) for each in found]
        session.out.answer(
            {**record, "purged": []}, lambda: table(("name", "what", "revisions"), rows)
        )
        session.out.say(f"would erase {many}")
        return
    confirm(f"Erase {many} of {framework} with all revisions, for good?", yes=yes)
    receipts = documents.purge(*parts)
    session.out.done(
        {**record, "purged": [purged_json(each) for each in receipts]},
        f"purged {count(len(receipts), 'document')}: "
        f"{count(sum(each.blobs for each in receipts), 'blob')}, "
        f"{sum(each.bytes for each in receipts)} bytes",
    )
    _say_copies(session, receipts)


def _say_copies(session: Session, receipts: Sequence[PurgeReceipt]) -> None:
    if any(each.keys is not None and each.copies_readable for each in receipts):
        session.out.say("no key was destroyed: copies stay readable for as long as they are kept")
    until = [each.recoverable_until for each in receipts if each.recoverable_until is not None]
    backend = session.storage.data.backend
    if until:
        when = timestamp(max(until), seconds=True)
        session.out.say(f"the account may bring them back until {when}")
    elif backend.durable and backend.folder is None:
        session.out.say("the account may keep a copy: storage.retention_days does not say how long")
