"""`ingenious-storage migrate rollback`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from ingenious_ops.cli.commands.migrate.cutover import (
    application_profile,
    confirm_write,
)
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import count, show_diff, table
from ingenious_ops.cli.parameters import yes_option
from ingenious_ops.cli.session import pass_session
from ingenious_ops.migrate.cutover.undo import (
    Rollback,
    Written,
    prepare_rollback,
    written_since,
)
from ingenious_ops.times import timestamp
from ingenious_storage.errors import StorageError

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session

_HEADERS = ("container", "key", "written", "at the old storage")


@click.command(cls=Command)
@yes_option
@pass_session
def rollback(session: Session, *, yes: bool) -> None:
    """Send an application back to the storage it had.

    The profile of --profile gets back what `cutover` took from it. What the new storage got in
    the meantime stays there, and is listed: the old storage does not have it.
    """
    out, name = session.out, application_profile(session)
    made = prepare_rollback(session.configuration, name)
    if made is None:
        record = {"profile": name, "file": None, "kept": None, "changed": False, "diff": ""}
        text = f"unchanged: {name} has its old storage already"
        out.done({**record, "written": [], "unknown": None}, text)
        return
    written, unknown = _written(session, made)
    if not out.json:
        show_diff(made.edit.diff())
        table(_HEADERS, [(w.container, w.key, timestamp(w.last_modified), w.old) for w in written])
    if unknown is not None:
        out.warn(f"what was written since the cutover is not known: {unknown}")
    elif written:
        out.warn(f"{count(len(written), 'object')} of since the cutover will not be there")
    confirm_write(made.edit.path, yes=yes)
    made.apply(datetime.now(UTC))
    out.done(_record(made, written, unknown), f"wrote {made.edit.path}: {name} has what it had")
    if written and made.record is not None:
        for role in sorted({each.container for each in written}):
            ends = f"--from {made.record.to}:{role} --to {name}:{role}"
            out.say(f"next, to bring what is missing: ingenious-storage migrate run {ends}")


def _written(session: Session, made: Rollback) -> tuple[list[Written], str | None]:
    """What is newer, or why nobody can tell: a storage that is down must not keep you there."""
    if made.record is None:
        return [], "the record of the cutover is gone"
    try:
        return written_since(session.configuration, made), None
    except StorageError as error:
        return [], f"{error} [{error.code}]"


def _record(made: Rollback, written: list[Written], unknown: str | None) -> dict[str, Any]:
    return {
        "profile": made.profile,
        "file": str(made.edit.path),
        "kept": made.kept,
        "changed": True,
        "diff": made.edit.diff(),
        "written": [{**asdict(w), "last_modified": timestamp(w.last_modified)} for w in written],
        "unknown": unknown,
    }
