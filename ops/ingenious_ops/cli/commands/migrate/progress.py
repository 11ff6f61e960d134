"""Progress of a run, on standard error: a moving line on a terminal, else a line now and then."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from ingenious_ops.cli.output import Output
from ingenious_ops.migrate.runner import Progress

_EVERY: Final = 10.0
"""Seconds between two lines."""
_UNITS: Final = ("B", "kB", "MB", "GB", "TB")


@contextmanager
def shown(out: Output, doing: str) -> Iterator[Callable[[Progress], None]]:
    """Call it with how far it is, as often as you like."""
    if out.quiet or out.json:
        yield lambda _progress: None
        return
    if not sys.stderr.isatty():
        yield _Lines(out, doing)
        return
    from rich.console import Console  # noqa: PLC0415  # slow, and for a terminal only

    with Console(stderr=True, highlight=False).status(doing) as status:
        yield lambda progress: status.update(line(doing, progress))


class _Lines:
    def __init__(self, out: Output, doing: str) -> None:
        self._out, self._doing, self._next = out, doing, _EVERY

    def __call__(self, progress: Progress) -> None:
        if progress.seconds >= self._next:
            self._next = progress.seconds + _EVERY
            self._out.say(line(self._doing, progress))


def line(doing: str, progress: Progress) -> str:
    """Such as "copying: 120 of 500 objects, 1.2 MB of 5.0 MB, 400.0 kB/s, 0:00:09 left"."""
    left = progress.seconds_left
    return (
        f"{doing}: {progress.objects} of {progress.total_objects} objects, "
        f"{bytes_text(progress.bytes)} of {bytes_text(progress.total_bytes)}, "
        f"{bytes_text(progress.rate)}/s"
        + (f", {progress.failed} failed" if progress.failed else "")
        + ("" if left is None else f", {timedelta(seconds=round(left))} left")
    )


def bytes_text(size: float) -> str:
    """Such as "12 B" and "1.5 MB"."""
    for unit in _UNITS[:-1]:
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} {_UNITS[-1]}"
