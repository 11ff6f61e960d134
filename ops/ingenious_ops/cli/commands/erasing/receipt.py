"""`ingenious-storage receipt`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ingenious_ops.cli.errors import FAILED
from ingenious_ops.cli.groups import Command, Group
from ingenious_ops.cli.output import count, table
from ingenious_ops.cli.output.progress import progress
from ingenious_ops.cli.session import pass_session

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session

_COMMANDS: Final = {
    "verify": (
        "receipt:verify",
        "Check that what a receipt says is erased cannot be read.",
    ),
}


@click.group(cls=Group, package="ingenious_ops.cli.commands.erasing", lazy=_COMMANDS)
def receipt() -> None:
    """Receipts of erasures, as `memory erase` writes them."""


@receipt.command(cls=Command)
@click.argument("file", metavar="RECEIPT", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--copy",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="A held copy of the container: try each blob of the documents in it.",
)
@pass_session
def verify(session: Session, file: Path, copy: Path | None) -> None:
    """Check that what a receipt says is erased cannot be read.

    Its documents and their segments are not there, and no record of keys has their keys. With
    --copy each of their blobs in FOLDER is tried with the keys that are in the copy and those of
    now. What can still be read is listed, and fails with exit code 1.
    """
    from ingenious_ops.erasure import receipt as receipts  # noqa: PLC0415  # help is fast without
    from ingenious_ops.erasure.check import check  # noqa: PLC0415

    content = receipts.load(file if file.exists() else receipts.paths_of(file)[0])
    with progress(session.out, "checking"):
        found = check(session.storage, content, copy)
    problems = [asdict(problem) for problem in found.problems]
    record = {
        "receipt": str(file),
        "id": content["id"],
        "passed": not problems,
        "documents": found.documents,
        "copy": None if copy is None else str(copy),
        "copied_blobs": found.blobs,
        "problems": problems,
        "remade": list(found.remade),
    }
    rows = [(each["where"], each["key"], each["reason"]) for each in problems]
    session.out.answer(record, lambda: table(("where", "key", "why"), rows))
    tried = "" if copy is None else f", {count(found.blobs, 'blob')} of the copy tried"
    verdict = "FAILED" if problems else "passed"
    session.out.say(
        f"{verdict}: {count(found.documents, 'document')}{tried}, {count(len(problems), 'problem')}"
    )
    for key in found.remade:
        session.out.say(f"another document has begun since: {key}")
    if copy is not None and not found.blobs:
        session.out.warn("the copy holds no blob of these documents: it proves nothing")
    if problems:
        click.get_current_context().exit(FAILED)
