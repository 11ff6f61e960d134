"""Tables in columns, for a terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

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
