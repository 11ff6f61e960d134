"""A line on standard error while a command waits for a store that does not answer."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ingenious_ops.cli.output import Output

_LOGGER: Final = logging.getLogger("ingenious_storage.outages")


@contextmanager
def shown(out: Output) -> Iterator[None]:
    """What the retries log, as warnings of the command."""
    handler = _WarningHandler(out)
    _LOGGER.addHandler(handler)
    try:
        yield
    finally:
        _LOGGER.removeHandler(handler)


class _WarningHandler(logging.Handler):
    def __init__(self, out: Output) -> None:
        super().__init__(logging.WARNING)
        self._out = out

    def emit(self, record: logging.LogRecord) -> None:
        if not self._out.quiet:
            self._out.warn(record.getMessage())
