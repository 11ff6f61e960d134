"""Progress on standard error, for a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ingenious_ops.cli.output import Output


@contextmanager
def progress(out: Output, label: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A bar on stderr while the block runs, when that is a terminal; call it to advance."""
    if out.quiet or not sys.stderr.isatty():
        yield lambda _count: None
        return
    columns = [TextColumn("{task.description}"), BarColumn()]
    if total is not None:
        columns += [MofNCompleteColumn(), TimeRemainingColumn()]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda count: bar.advance(task, count)


@contextmanager
def telling(out: Output, label: str) -> Iterator[Callable[[str], None]]:
    """The same where nobody knows how much there is; call it with how far it is."""
    if out.quiet or not sys.stderr.isatty():
        yield lambda _text: None
        return
    columns = [TextColumn("{task.description}"), BarColumn()]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda text: bar.update(task, description=f"{label}: {text}")


@contextmanager
def telling_if_interrupted(
    out: Output, label: str, done: Callable[[], int], total: int | None = None
) -> Iterator[None]:
    """An interrupt of the block says how far it came, of a total if that is known, and how to go
    on.
    """
    try:
        yield
    except KeyboardInterrupt:
        out.say(
            f"interrupted while {label}: {done()} {'' if total is None else f'of {total} '}done; "
            + (
                "the same command with --force goes on"
                if label == "exporting"
                else "the same command goes on, and leaves alone what is done"
            )
        )
        raise
