"""Progress of the engine, on standard error: a moving line on a terminal, else a line each."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import click

from ingenious_ops.cli.commands.infra.stack import line_of
from ingenious_ops.cli.output import Output, printable

if TYPE_CHECKING:
    from ingenious_ops.infra.changes import Change, Listener

_DONE: Final = {
    "create": "created",
    "update": "updated",
    "replace": "replaced",
    "delete": "deleted",
    "import": "imported",
}
_MAX_NAMES: Final = 4


@contextmanager
def live(out: Output, doing: str, *, lines: bool = True) -> Iterator[Listener]:
    """Shows one operation of the engine; with `lines` each finished change for good."""
    if out.quiet or out.json or not sys.stderr.isatty():
        yield _Lines(out, lines=lines)
        return
    from rich.console import Console  # noqa: PLC0415  # slow, and for a terminal only

    with Console(stderr=True, highlight=False).status(doing) as status:
        yield _Moving(out, doing, status, lines=lines)


class _Lines:
    def __init__(self, out: Output, *, lines: bool) -> None:
        self._out, self._lines = out, lines and not (out.quiet or out.json)
        self._begun: dict[str, float] = {}
        self._said: set[str] = set()

    def started(self, change: Change) -> None:
        self._begun[change.urn] = monotonic()

    def finished(self, change: Change) -> None:
        began = self._begun.pop(change.urn, None)
        if self._lines and not change.is_still:
            took = "" if began is None else f" ({monotonic() - began:.1f} s)"
            with self._above():
                click.echo(line_of(change, done=_DONE.get(change.op, change.op)) + took, err=True)

    def said(self, severity: str, text: str) -> None:
        if text in self._said:
            return
        self._said.add(text)
        with self._above():
            if severity == "warning":
                self._out.warn(text)
            elif severity != "error":  # an error is what the command ends with
                self._out.detail(text)

    @contextmanager
    def _above(self) -> Iterator[None]:
        """Room for a line."""
        yield


class _Moving(_Lines):
    """Names what is under way, in a `status` of rich."""

    def __init__(self, out: Output, doing: str, status: Any, *, lines: bool) -> None:
        super().__init__(out, lines=lines)
        self._doing, self._status = doing, status

    def started(self, change: Change) -> None:
        super().started(change)
        self._show()

    def finished(self, change: Change) -> None:
        super().finished(change)
        self._show()

    @contextmanager
    def _above(self) -> Iterator[None]:
        self._status.stop()
        yield
        self._status.start()

    def _show(self) -> None:
        from rich.text import Text  # noqa: PLC0415  # slow, and for a terminal only

        names = [urn.rpartition("::")[2] for urn in self._begun]
        more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
        shown = f": {', '.join(names[:_MAX_NAMES])}{more}" if names else ""
        self._status.update(Text(printable(self._doing + shown)))
