"""Records of `logging` as OpenTelemetry's, with the ids of the trace that they are written in.

The SDK's own handler is deprecated, and exports stack traces, which may hold keys.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry._logs import LoggerProvider, SeverityNumber
from opentelemetry.context import get_current


class LogHandler(logging.Handler):
    """Of an exception it exports the type alone."""

    def __init__(self, provider: LoggerProvider) -> None:
        super().__init__()
        self._provider = provider

    def emit(self, record: logging.LogRecord) -> None:
        attributes: dict[str, str | int] = {
            "code.function.name": record.funcName,
            "code.line.number": record.lineno,
        }
        if record.exc_info and record.exc_info[0] is not None:
            attributes["exception.type"] = record.exc_info[0].__qualname__
        try:
            self._provider.get_logger(record.name).emit(
                timestamp=int(record.created * 1e9),
                context=get_current(),
                severity_number=_severity(record.levelno),
                severity_text=record.levelname,
                body=record.getMessage(),
                attributes=attributes,
            )
        except Exception:  # noqa: BLE001  # as every handler: a log record breaks no program
            self.handleError(record)


@contextmanager
def attached(handler: logging.Handler, names: Sequence[str]) -> Iterator[None]:
    """The handler on these loggers, inside the block."""
    loggers = [logging.getLogger(name) for name in names]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)


def _severity(level: int) -> SeverityNumber:
    """https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber."""
    return SeverityNumber(min(max(level // 10, 0), 5) * 4 + 1)
