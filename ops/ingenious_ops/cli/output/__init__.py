"""Output of a command: its answer on stdout, everything else on stderr.

With `--json` the answer, or the error, is one JSON document on stdout: `format`, `command`, and
`data` or `error`. docs/cli.md is the contract.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TextIO

import click

FORMAT: Final = "ingenious.cli/1"
_MARKS: Final = {"+": "green", "-": "red", "@": "cyan"}


@dataclass
class Output:
    """Where a command writes, and how much: as --json, --verbose, --quiet and --debug say."""

    json: bool = False
    verbose: bool = False
    quiet: bool = False
    debug: bool = False
    command: str | None = None
    """The one that runs, such as "memory.history"; None for the program itself."""

    def answer(self, data: Any, show: Callable[[], None]) -> None:
        """What was asked for: as JSON, or by `show` for people and pipes."""
        if self.json:
            self.document("data", data)
        else:
            show()

    def done(self, data: Any, text: str) -> None:
        """What was done."""
        self.answer(data, lambda: self.say(text))

    def say(self, text: str) -> None:
        """A line on stderr, unless it is --quiet."""
        if not (self.quiet or self.json):
            click.echo(printable(text), err=True)

    def detail(self, text: str) -> None:
        """A line on stderr when it is --verbose."""
        if self.verbose and not self.quiet:
            click.echo(paint(printable(text), sys.stderr, dim=True), err=True)

    def warn(self, text: str) -> None:
        """A line on stderr."""
        if not self.json:
            label = paint("warning:", sys.stderr, fg="yellow")
            click.echo(f"{label} {printable(text)}", err=True)

    def document(self, kind: str, content: Any) -> None:
        """The one JSON document; UTF-8 whatever the terminal speaks."""
        record = {"format": FORMAT, "command": self.command, kind: content}
        emit(json.dumps(record, indent=2, ensure_ascii=False) + "\n")


def command_name(ctx: click.Context) -> str | None:
    """Such as "memory.history", without the name of the program."""
    names: list[str] = []
    while ctx.parent is not None:
        names.insert(0, ctx.info_name or "")
        ctx = ctx.parent
    return ".".join(names) or None


def emit(text: str) -> None:
    """Exactly `text` on stdout, as UTF-8 and with its own line ends."""
    sys.stdout.flush()
    data = memoryview(text.encode())
    while data:  # with PYTHONUNBUFFERED a write may be a part of it
        data = data[sys.stdout.buffer.write(data) or 0 :]
    sys.stdout.buffer.flush()


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Columns for a terminal; for a pipe tab-separated lines without a header."""
    texts = [[printable(str(cell)) for cell in row] for row in rows]
    if texts and sys.stdout.isatty():
        from ingenious_ops.cli.output.tables import print_table  # noqa: PLC0415  # rich is slow

        print_table(headers, texts)
        return
    for row in texts:
        click.echo("\t".join(row))


def show_diff(text: str) -> None:
    """A unified diff; coloured on a terminal."""
    if not wants_color(sys.stdout):
        emit(text)
        return
    for line in text.splitlines():
        bold = line.startswith(("+++", "---")) or None
        click.secho(line, fg=_MARKS.get(line[:1]), bold=bold)


def printable(text: str) -> str:
    """One line that no terminal acts on: control characters as escapes."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def count(number: int, noun: str) -> str:
    """Such as "1 revision" and "2 revisions"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def paint(text: str, stream: TextIO, **style: Any) -> str:
    """`text` in a style of `click.style`, where `stream` shows colours."""
    return click.style(text, **style) if wants_color(stream) else text


def wants_color(stream: TextIO) -> bool:
    """A terminal, and not told otherwise (https://no-color.org)."""
    dumb = os.environ.get("TERM") == "dumb"
    return stream.isatty() and not dumb and not os.environ.get("NO_COLOR")
