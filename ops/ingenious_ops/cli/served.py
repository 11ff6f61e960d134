"""What commands that serve have in common: their log records are lines on stderr."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingenious_ops.cli.output import Output


class _Lines(logging.Handler):
    def __init__(self, out: Output) -> None:
        super().__init__()
        self._out = out

    def emit(self, record: logging.LogRecord) -> None:
        self._out.say(self.format(record))


@contextmanager
def records_shown(out: Output, *names: str) -> Iterator[None]:
    """A line for each record of the loggers of these names, for the log of a container."""
    loggers, handler = [logging.getLogger(name) for name in names], _Lines(out)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    for logger in loggers:
        logger.setLevel(logging.INFO)
        logger.addHandler(handler)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
