"""What only a terminal gets: tables in columns, and progress bars."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from ingenious_ops.cli.output import Output

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def print_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Numbers and times stay whole; other cells fold where the terminal is too narrow for all."""
    console = Console(highlight=False)
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column, header in enumerate(headers):
        cells = [row[column] for row in rows]
        numeric = all(map(str.isdecimal, cells))
        whole = numeric or all(map(_TIME.fullmatch, filter(None, cells)))
        is_short = max(map(cell_len, cells)) <= console.width // 3
        grid.add_column(
            header,
            justify="right" if numeric else "left",
            no_wrap=whole or (column == 0 and is_short),
            overflow="fold",
        )
    for row in rows:
        grid.add_row(*map(Text, row))
    console.print(grid)


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
def telling_if_interrupted(
    out: Output, label: str, done: Callable[[], int], total: int
) -> Iterator[None]:
    """An interrupt of the block says how far it came, and how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        out.say(
            f"interrupted while {label}: {done()} of {total} done; "
            + (
                "the same command with --force goes on"
                if label == "exporting"
                else "the same command goes on, and leaves alone what is done"
            )
        )
        raise
