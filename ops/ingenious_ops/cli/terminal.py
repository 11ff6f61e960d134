"""What only a terminal gets: tables in columns, and progress bars."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from ingenious_ops.cli.output import Output


def print_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column, header in enumerate(headers):
        numeric = all(row[column].isdecimal() for row in rows)
        grid.add_column(
            header,
            justify="right" if numeric else "left",
            no_wrap=numeric or column == 0,
            overflow="fold",
        )
    for row in rows:
        grid.add_row(*map(Text, row))
    Console(highlight=False).print(grid)


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
