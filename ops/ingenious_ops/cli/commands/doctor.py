"""`ingenious-storage doctor`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import click

from ingenious_ops.cli.errors import FAILED, WARNINGS
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import count, emit, paint, printable
from ingenious_ops.cli.session import pass_session
from ingenious_ops.doctor.context import Context
from ingenious_ops.doctor.model import Outcome, Status, worst
from ingenious_ops.doctor.order import FIRST, choose
from ingenious_ops.doctor.runner import Examination
from ingenious_ops.doctor.ticket import environment, ticket

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session

_COLORS: Final = {
    Status.PASS: "green",
    Status.WARN: "yellow",
    Status.FAIL: "red",
    Status.SKIP: "bright_black",
}
_ASCII: Final = {Status.PASS: "ok", Status.WARN: "!", Status.FAIL: "x", Status.SKIP: "-"}
_UNICODE: Final = {**_ASCII, Status.PASS: "\u2713", Status.FAIL: "\u2717"}
_LONGEST_REQUEST: Final = 8.0


@click.command(cls=Command)
@click.option("--revisions", is_flag=True, help="Write into the revisions container too.")
@click.option("--drivers", is_flag=True, help="Compare the drivers of the store, call by call.")
@click.option("--strict", is_flag=True, help="Warnings are a failure too (exit code 5).")
@click.option(
    "--timeout",
    type=click.FloatRange(min=1, max=3600),
    default=30,
    show_default=True,
    metavar="S",
    help="Seconds for all of it.",
)
@click.option("--ticket", "wants_ticket", is_flag=True, help="Print a block to paste, no secrets.")
@pass_session
def doctor(
    session: Session,
    *,
    revisions: bool,
    drivers: bool,
    strict: bool,
    timeout: float,
    wants_ticket: bool,
) -> None:
    """Say what is wrong with a set-up, and what to do.

    From the configuration over network, credential and permissions to a round trip: a blob under
    .health/ of the data container is written, read, compared and deleted. An application may
    only read revisions, so nothing is written there unless --revisions asks for it.
    """
    context = Context(session.configuration, request_timeout=min(_LONGEST_REQUEST, timeout / 4))
    examination = Examination(context, timeout=timeout)
    chosen = partial(choose, revisions=revisions, compares_drivers=drivers)
    outcomes: list[Outcome] = []
    shows = not (session.out.json or wants_ticket)
    with closing(examination.run(FIRST, chosen)) as found:
        for section, each in groupby(_kept(found, outcomes), lambda one: one.check.section):
            group = list(each)
            if shows:
                _show(section, group, quiet=session.out.quiet, verbose=session.out.verbose)
    block = ticket(context, outcomes) if wants_ticket else None
    session.out.answer(_as_json(context, outcomes, block), lambda: emit(block or ""))
    session.out.say(_summary(outcomes))
    status = worst(outcomes)
    if status is Status.FAIL or (strict and status is Status.WARN):
        click.get_current_context().exit(FAILED if status is Status.FAIL else WARNINGS)


def _kept(found: Iterable[Outcome], outcomes: list[Outcome]) -> Iterator[Outcome]:
    for outcome in found:
        outcomes.append(outcome)
        yield outcome


def _show(section: str, group: list[Outcome], *, quiet: bool, verbose: bool) -> None:
    """A section, as soon as it is done."""
    shown = [
        each for each in group if not quiet or each.result.status in (Status.WARN, Status.FAIL)
    ]
    if not shown:
        return
    reasons = {each.result.summary for each in shown if each.because}
    if len(reasons) == 1 and all(each.because for each in shown) and not verbose:
        click.echo(f"{_mark(Status.SKIP)} {printable(section)}: {printable(reasons.pop())}")
        return
    click.echo(f"{_mark(worst(group))} {printable(section)}")
    for outcome in shown:
        _show_result(outcome, verbose=verbose)


def _show_result(outcome: Outcome, *, verbose: bool) -> None:
    result = outcome.result
    click.echo(f"    {_mark(result.status)} {outcome.check.title}: {printable(result.summary)}")
    wanted = result.details if verbose or result.status is not Status.PASS else ()
    for detail in wanted:
        click.echo(f"        {printable(detail)}")
    if result.hint and (verbose or result.status in (Status.WARN, Status.FAIL)):
        label = paint("next:", sys.stdout, fg="cyan")
        click.echo(f"        {label} {printable(result.hint)}")


def _mark(status: Status) -> str:
    return paint(f"[{_marks()[status]}]", sys.stdout, fg=_COLORS[status])


def _marks() -> dict[Status, str]:
    """Ticks where a terminal can show them."""
    try:
        "".join(_UNICODE.values()).encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return _ASCII
    return _UNICODE if sys.stdout.isatty() else _ASCII


def _summary(outcomes: list[Outcome]) -> str:
    numbers = dict.fromkeys(Status, 0)
    for outcome in outcomes:
        numbers[outcome.result.status] += 1
    return (
        f"{numbers[Status.PASS]} passed, {count(numbers[Status.WARN], 'warning')}, "
        f"{count(numbers[Status.FAIL], 'failure')}, {numbers[Status.SKIP]} skipped, "
        f"in {sum(outcome.seconds for outcome in outcomes):.1f} s"
    )


def _as_json(context: Context, outcomes: list[Outcome], block: str | None) -> dict[str, Any]:
    settings = context.settings
    return {
        "status": worst(outcomes).value,
        "profile": settings.profile if settings else context.configuration.profile,
        "backend": settings.storage.type if settings else None,
        "seconds": round(sum(outcome.seconds for outcome in outcomes), 3),
        "environment": environment(),
        "checks": [outcome.as_json() for outcome in outcomes],
        "ticket": block,
    }
