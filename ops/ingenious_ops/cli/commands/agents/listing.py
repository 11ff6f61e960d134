"""`agents ls`."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import click

from ingenious_ops.cli.commands.agents.named import framework_argument, in_shell, name_json
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import count, emit, table
from ingenious_ops.cli.session import pass_session
from ingenious_ops.times import timestamp
from ingenious_storage.services.agent_info import list_documents, with_revisions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingenious_ops.cli.session import Session
    from ingenious_storage.services.agent_info import DocumentInfo, ListedDocument

_COLUMNS: Final = ("name", "what", "bytes", "changed")
_Row = tuple["ListedDocument", "DocumentInfo | None"]


@click.command(cls=Command)
@framework_argument(required=False)
@click.argument("parts", nargs=-1, metavar="[PART]...")
@click.option("--revisions", is_flag=True, help="And how many revisions: a request each.")
@click.option("-n", "--limit", type=click.IntRange(min=1), metavar="N", help="All by default.")
@pass_session
def ls(
    session: Session,
    framework: str | None,
    parts: Sequence[str],
    *,
    revisions: bool,
    limit: int | None,
) -> None:
    """List the frameworks, or the documents of one.

    With PARTs only documents whose names begin with them. A name is shown as a shell takes it.
    Bytes are those of the blob with the newest revision and recent history.
    """
    if framework is None:
        _show_frameworks(session)
        return
    documents = session.storage.agents(framework)
    listed = list_documents(documents, *parts)
    taken = listed if limit is None else islice(listed, limit)
    asked = with_revisions(documents, taken) if revisions else ((each, None) for each in taken)
    rows = list(asked)
    more = limit is not None and next(listed, None) is not None
    record = {
        "framework": framework,
        "frameworks": [framework],
        "documents": [_json(*row) for row in rows],
        "truncated": more,
    }
    columns = (*_COLUMNS, "revisions") if revisions else _COLUMNS
    session.out.answer(
        record, lambda: table(columns, [_cells(*row, revisions=revisions) for row in rows])
    )
    if not rows:
        session.out.say("no documents")
    elif more:
        session.out.say(f"the first {count(len(rows), 'document')}; there are more")


def _show_frameworks(session: Session) -> None:
    found = session.storage.agent_frameworks()
    record = {"framework": None, "frameworks": found, "documents": [], "truncated": False}
    session.out.answer(record, lambda: emit("".join(f"{each}\n" for each in found)))
    if not found:
        session.out.say("no frameworks")


def _cells(
    listed: ListedDocument, found: DocumentInfo | None, *, revisions: bool
) -> tuple[object, ...]:
    changed = timestamp(listed.changed, seconds=True)
    cells = (in_shell(listed.name), listed.name.leaf, listed.size, changed)
    return (*cells, "" if found is None else found.newest.number) if revisions else cells


def _json(listed: ListedDocument, found: DocumentInfo | None) -> dict[str, Any]:
    return {
        **name_json(listed.name),
        "key": listed.key,
        "bytes": listed.size,
        "changed": timestamp(listed.changed),
        "revisions": None if found is None else found.newest.number,
    }
