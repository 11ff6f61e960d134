"""Stage of the demo: numbered sections, the commands that do the same, tables and diffs."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

_WIDEST = 92
_INDENT = 3
_MARKS = {"+": "green", "-": "red", "@": "cyan"}


class Stage:
    """Prints to stdout, at most 92 columns wide; `commands` are those shown so far."""

    def __init__(self) -> None:
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
        self._console = Console(highlight=False)
        self._console.width = min(self._console.width, _WIDEST)
        self._sections, self._last = 0, ""
        self.commands: list[str] = []

    def title(self, text: str) -> None:
        """Show the title of the whole demo."""
        self._console.print(Text(text, style="bold"))
        self._last = "title"

    def section(self, title: str, text: str) -> None:
        """Begin a numbered section, with a text below its title."""
        self._sections += 1
        self._console.print()
        self._console.print(Text(f"{self._sections}  {title}", style="bold cyan"))
        self._last = "title"
        self.say(text)

    def say(self, text: str) -> None:
        """Show a text, wrapped to the width of the terminal."""
        self._gap("text", after=("title", "text"))
        for line in wrap(text, self._console.width - _INDENT):
            self._show(Text(line))

    def command(self, command: str) -> None:
        """A command, on several lines where it is long, to copy as it is."""
        self._gap("command", after=("command",))
        self.commands.append(command)
        for number, line in enumerate(_wrap(command, self._console.width - _INDENT - 6)):
            mark = Text("  " if number else "$ ", style="dim")
            self._show(mark.append(line, style="bold"))

    def table(self, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Columns of numbers are set to the right; an empty header line is left out."""
        self._gap("table")
        texts = [[str(cell) for cell in row] for row in rows]
        grid = Table(
            box=None,
            pad_edge=False,
            padding=(0, 2, 0, 0),
            header_style="dim",
            show_header=any(headers),
        )
        for column, header in enumerate(headers):
            numeric = all(row[column].replace(",", "").isdecimal() for row in texts)
            grid.add_column(header, justify="right" if numeric else "left", no_wrap=numeric)
        for row in texts:
            grid.add_row(*map(Text, row))
        self._show(grid, _INDENT + 2)

    def diff(self, text: str) -> None:
        """Show a unified diff."""
        self._gap("diff")
        for line in text.splitlines():
            style = _MARKS.get(line[:1], "")
            self._show(Text(line, style=style, no_wrap=True, overflow="ellipsis"), _INDENT + 2)

    def _show(self, content: Text | Table, indent: int = _INDENT) -> None:
        self._console.print(Padding(content, (0, 0, 0, indent), expand=False))

    def _gap(self, kind: str, *, after: Sequence[str] = ()) -> None:
        if self._last not in after:
            self._console.print()
        self._last = kind


def _wrap(command: str, width: int) -> Iterator[str]:
    """Lines of a shell command, broken between words and continued by a backslash."""
    line = ""
    for word in re.findall(r'(?:-\S+ )?"[^"]*"|\S+', command):
        if line and len(line) + 1 + len(word) > width:
            yield f"{line} \\"
            line = f"  {word}"
        else:
            line = f"{line} {word}" if line else word
    yield line
