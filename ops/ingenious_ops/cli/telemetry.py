"""Telemetry of one run of the command line. A collector that is down neither fails nor stops it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ingenious_ops.telemetry import SAMPLING_RATIO, Telemetry, setup_telemetry

if TYPE_CHECKING:
    from ingenious_ops.cli.output import Output
    from ingenious_storage.config import Settings

_PATIENCE: Final = 2.0
"""Seconds that the end of a command may wait for a collector."""
_EXPORTERS: Final = ("opentelemetry", "azure.monitor.opentelemetry")


def start(settings: Settings, out: Output, *, serves: bool) -> tuple[Telemetry, Callable[[], None]]:
    """What the section asks for, and how to end it.

    Args:
        serves: it runs for long and answers `/metrics`; else it is one command, of which every
            trace is kept, and nobody asks it for metrics.
    """
    telemetry = setup_telemetry(
        settings,
        prometheus=serves,
        sampling_ratio=SAMPLING_RATIO if serves else 1.0,
        set_global=False,
    )
    complaints = _Complaints(out)

    def end() -> None:
        if telemetry.shutdown(_PATIENCE):
            complaints.close()
        else:  # what still tries may complain until the process ends
            complaints.tell(f"the last export failed, or had no answer within {_PATIENCE:g} s")

    return telemetry, end


class _Complaints(logging.Handler):
    """What exporters log while they fail: told once, in one line, and kept from standard error."""

    def __init__(self, out: Output) -> None:
        super().__init__(logging.WARNING)
        self._out, self._was_told = out, False
        self._loggers = [logging.getLogger(name) for name in _EXPORTERS]
        self._before = [logger.propagate for logger in self._loggers]
        for logger in self._loggers:
            logger.addHandler(self)
            logger.propagate = False

    def emit(self, record: logging.LogRecord) -> None:
        self.tell(record.getMessage())

    def tell(self, problem: str) -> None:
        if not self._was_told:
            self._was_told = True
            self._out.warn("telemetry could not be delivered; -v says more")
        self._out.detail(f"telemetry: {problem}")

    def close(self) -> None:
        for logger, propagate in zip(self._loggers, self._before, strict=True):
            logger.removeHandler(self)
            logger.propagate = propagate
        super().close()
