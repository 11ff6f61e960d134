"""`ingenious-storage migrate run`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingenious_ops.cli.commands.migrate.options import (
    JOURNAL,
    ends_options,
    expected,
    journal_path,
    opened,
    requested,
)
from ingenious_ops.cli.commands.migrate.progress import bytes_text, shown
from ingenious_ops.cli.commands.migrate.spreading import spread_over
from ingenious_ops.cli.errors import CONFLICT, FAILED, INTERRUPTED, describe, show
from ingenious_ops.cli.executors import chosen, executor_options
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import count, table
from ingenious_ops.cli.session import pass_session
from ingenious_ops.migrate.copy import Outcome, Status
from ingenious_ops.migrate.plan import check_plan
from ingenious_ops.migrate.pool import Stop, stopped_by_signals
from ingenious_ops.migrate.runner import Options, Report
from ingenious_ops.migrate.runner import run as run_migration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingenious_ops.cli.output import Output
    from ingenious_ops.cli.session import Session
    from ingenious_ops.migrate.ends.base import Ends

_IN_WORDS = {
    Status.COPIED: "copied",
    Status.UPDATED: "updated",
    Status.OVERWRITTEN: "overwritten",
    Status.EQUAL: "equal",
    Status.UNCHANGED: "unchanged since an earlier run",
}


@click.command(cls=Command)
@ends_options
@executor_options
@JOURNAL
@click.option("--dry-run", is_flag=True, help="Only say what would be copied.")
@click.option("--overwrite", is_flag=True, help="Replace what differs at the target.")
@click.option(
    "--plan",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Only if the source is still what was planned.",
)
@pass_session
def run(
    session: Session,
    /,
    journal: Path | None,
    plan: Path | None,
    workers: int,
    *,
    dry_run: bool,
    overwrite: bool,
    executor: str,
    scheduler: str | None,
    processes: int | None,
    **where: Any,
) -> None:
    """Copy what is not at the target yet.

    Run it again after a stop or a kill: it goes on from its journal. What the target has already
    is compared by hash, and never overwritten unless an earlier run wrote it and only the source
    has changed since. Exit code 4: some objects are in conflict; 1: some could not be copied.
    """
    out, stop = session.out, Stop()
    choice, request = chosen(executor, scheduler, processes), requested(**where)
    with opened(session, request) as ends:
        options = Options(journal_path(journal, ends), dry_run, overwrite, workers)
        doing = "comparing" if dry_run else "copying"
        with (
            stopped_by_signals(stop, lambda: _say_stopping(out)),
            spread_over(
                choice, session, request, ends, workers=workers, overwrite=overwrite
            ) as spread,
            shown(out, doing) as on_progress,
        ):
            check = partial(check_plan, plan, ends) if plan else _accept
            report = run_migration(
                ends, options, stop=stop, on_progress=on_progress, check=check, spread=spread
            )
        out.answer(_record(ends, options, report), lambda: _show(out, options, report))
    if code := _exit_code(report, stop, dry_run=dry_run):
        click.get_current_context().exit(code)


def _accept(items: Sequence[object]) -> None:
    """Without a plan every listing will do."""


def _say_stopping(out: Output) -> None:
    out.say(
        "stopping: what has begun is finished, or cut off after a second; once more to stop at once"
    )


def _exit_code(report: Report, stop: Stop, *, dry_run: bool) -> int:
    if stop.signal is not None:
        return INTERRUPTED
    would_stop = dry_run and report.obstacle is not None
    if report.failures or report.faults or report.not_begun or would_stop:
        return FAILED
    return CONFLICT if report.conflicts else 0


def _show(out: Output, options: Options, report: Report) -> None:
    for entry in report.skipped:
        out.warn(f"not copied: {entry.name}: {entry.reason}")
    for line in expected(report.obstacle, report.lost):
        out.warn(line)
    rows = [
        (outcome.status.value, outcome.item.key, f"{outcome.error} [{outcome.error.code}]")
        for outcome in (*report.conflicts, *report.failures)
        if outcome.error is not None
    ]
    table(("status", "key", "problem"), rows)
    if report.given_up is not None:
        show(report.given_up)
        out.warn("gave up: the other objects would fail too")
    what = ("would be: " if options.dry_run else "") + _in_words(report)
    out.say(f"{what}; {bytes_text(report.bytes)} in {report.seconds:.1f} s")
    if report.conflicts:
        out.say("--overwrite replaces what is at the target by what is at the source")
    if report.not_begun:
        out.say(f"{count(report.not_begun, 'object')} not begun: run the same command to go on")


def _in_words(report: Report) -> str:
    parts = [
        f"{number} {words}"
        for status, words in _IN_WORDS.items()
        if (number := report.counts[status])
    ]
    parts += [count(len(report.conflicts), "conflict")] if report.conflicts else []
    parts += [f"{len(report.failures)} failed"] if report.failures else []
    parts += [f"{len(report.skipped)} skipped"] if report.skipped else []
    return ", ".join(parts) or "nothing to copy"


def _record(ends: Ends, options: Options, report: Report) -> dict[str, Any]:
    return {
        "source": ends.source.describe(),
        "target": ends.target.describe(),
        "layout": ends.layout,
        "journal": str(options.journal),
        "dry_run": options.dry_run,
        "counts": {status.value: report.counts[status] for status in Status},
        "bytes": report.bytes,
        "seconds": round(report.seconds, 3),
        "not_begun": report.not_begun,
        "conflicts": [_problem(outcome) for outcome in report.conflicts],
        "failures": [_problem(outcome) for outcome in report.failures],
        "obstacle": None if report.obstacle is None else describe(report.obstacle),
        "properties_lost": dict(report.lost),
        "skipped": [
            {"name": entry.name, "reason": entry.reason, "fault": entry.is_fault}
            for entry in report.skipped
        ],
    }


def _problem(outcome: Outcome) -> dict[str, Any]:
    assert outcome.error is not None
    return {**describe(outcome.error), "key": outcome.item.key}
