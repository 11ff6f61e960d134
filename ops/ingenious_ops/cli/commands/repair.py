"""`ingenious-storage repair`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import click

from ingenious_ops.cli.errors import FAILED
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import count, table
from ingenious_ops.cli.output.progress import progress
from ingenious_ops.cli.output.records import revision_json
from ingenious_ops.cli.session import pass_session

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session
    from ingenious_storage.documents import Repair

_COLUMNS: Final = ("container", "key", "comes back", "from", "lost")


@click.command(cls=Command)
@click.option("--apply", "apply", is_flag=True, help="Write the heads; without it nothing is.")
@click.option("--prefix", default="", metavar="KEY", help="Only documents whose key begins so.")
@pass_session
def repair(session: Session, prefix: str, *, apply: bool) -> None:
    """Give documents a head again that have lost theirs.

    A head that is damaged counts as lost. The newest revision that the document's segments hold
    whole comes back, and what is lost is named. First look for the head in the account's versions,
    soft delete or a backup: that loses nothing. Documents that have a head are not touched.
    """
    with progress(session.out, "looking for heads"):
        repairs = session.storage.repair(prefix, dry_run=not apply)
    found = [(role, made) for role, each in repairs.items() for made in each]
    session.out.answer(
        {"dry_run": not apply, "documents": [_json(role, made) for role, made in found]},
        lambda: table(_COLUMNS, [_row(role, made) for role, made in found]),
    )
    back = sum(made.source is not None for _, made in found)
    verb = "got its head back" if apply else "would get its head back"
    session.out.say(f"{count(len(found), 'document')} without a head, {back} {verb}")
    if len(found) > (back if apply else 0):
        click.get_current_context().exit(FAILED)


def _row(role: str, made: Repair) -> tuple[object, ...]:
    back = "nothing" if made.revision is None else f"revision {made.revision.number}"
    return role, made.key, back, made.source or "", _lost(made)


def _lost(made: Repair) -> str:
    """What does not come back, in one cell."""
    newest = made.revision.number if made.revision else 0
    above = made.lost_up_to or newest
    parts = []
    if above > newest:
        parts.append(f"revisions {newest + 1} to {above}, and what came after")
    elif made.source != "head":
        parts.append(f"what came after revision {newest}")
    if made.first and made.first > 1:
        parts.append(f"below {made.first}, unless it was pruned")
    if made.damaged:
        parts.append(f"{count(len(made.damaged), 'segment')} cannot be read")
    return "; ".join(parts)


def _json(role: str, made: Repair) -> dict[str, Any]:
    record = {name: value for name, value in asdict(made).items() if name != "dry_run"}
    return {
        "container": role,
        **record,
        "revision": None if made.revision is None else revision_json(made.revision),
        "lost": [revision_json(revision) for revision in made.lost],
        "damaged": list(made.damaged),
    }
