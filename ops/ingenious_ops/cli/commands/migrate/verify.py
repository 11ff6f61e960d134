"""`ingenious-storage migrate verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingenious_ops.cli.commands.migrate.options import (
    check_outside,
    ends_options,
    opened,
    requested,
)
from ingenious_ops.cli.commands.migrate.progress import bytes_text, shown
from ingenious_ops.cli.commands.migrate.spreading import spread_over
from ingenious_ops.cli.errors import FAILED, INTERRUPTED
from ingenious_ops.cli.executors import chosen, executor_options
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import table
from ingenious_ops.cli.session import pass_session
from ingenious_ops.migrate import report as reports
from ingenious_ops.migrate.journal import Identity
from ingenious_ops.migrate.pool import Stop, stopped_by_signals
from ingenious_ops.migrate.verification import verify as verify_ends

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session


@click.command(cls=Command)
@ends_options
@executor_options
@click.option(
    "--report",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="A folder, or a file .json or .md: both are written. [default: .ingenious]",
)
@click.option("--signed-by", metavar="NAME", help="Who vouches for it, for the report.")
@click.option("--allow-extra", is_flag=True, help="The target may have other objects too.")
@pass_session
def verify(
    session: Session,
    /,
    report: Path | None,
    signed_by: str | None,
    workers: int,
    *,
    allow_extra: bool,
    executor: str,
    scheduler: str | None,
    processes: int | None,
    **where: Any,
) -> None:
    """Compare every object of both ends by its hash.

    Both are read whole, in both directions: what is missing, what differs, and what only the
    target has. The report is written as JSON and as Markdown. Exit code 1: they are not equal.
    """
    out, stop = session.out, Stop()
    choice, request = chosen(executor, scheduler, processes), requested(**where)
    with opened(session, request) as ends:
        identity = Identity.of(ends)
        path = reports.default_path(identity) if report is None else report
        for file in reports.paths_of(path, identity):
            check_outside(file, ends)
        with (
            stopped_by_signals(stop, lambda: out.say("stopping: once more to stop at once")),
            spread_over(choice, session, request, ends, workers=workers) as spread,
            shown(out, "comparing") as on_progress,
        ):
            found = verify_ends(
                ends,
                workers=workers,
                allow_extra=allow_extra,
                stop=stop,
                on_progress=on_progress,
                spread=spread,
            )
    content = reports.record(found, identity, signed_by=signed_by)
    files = reports.save(content, path, identity)
    out.answer({**content, "files": [str(file) for file in files]}, lambda: _show(content))
    size = bytes_text(found.source.bytes)
    skipped = f", {len(found.skipped)} skipped" if found.skipped else ""
    summary = (
        f"{found.equal} equal, {len(found.differences)} not{skipped}; {size}; wrote {files[0]}"
    )
    out.say(f"{'passed' if found.passed else 'FAILED'}: {summary}")
    for entry in found.skipped:
        out.warn(f"not compared: {entry.name}: {entry.reason}")
    if stop.signal is not None:
        click.get_current_context().exit(INTERRUPTED)
    if not found.passed:
        click.get_current_context().exit(FAILED)


def _show(content: dict[str, Any]) -> None:
    rows = [(each["kind"], each["key"], each["detail"]) for each in content["differences"]]
    table(("kind", "key", "detail"), rows)
