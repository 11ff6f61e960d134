"""Telemetry of health: the gauges, and a log record for each change."""

from __future__ import annotations

import logging
from typing import Final

from ingenious_storage import telemetry
from ingenious_storage.health.report import HealthReport

LOGGER: Final = "ingenious_storage.health"
_log = logging.getLogger(LOGGER)


def measure(report: HealthReport) -> None:
    """Set the gauges of each container."""
    for one in report.components:
        attributes = {telemetry.ATTR_CONTAINER: one.container}
        telemetry.emit.health_up.set(int(one.status != "fail"), attributes)
        telemetry.emit.health_duration.set(one.latency_ms / 1000, attributes)


def log_changes(report: HealthReport, before: HealthReport | None) -> None:
    """A line for each container whose status is another than before; `pass` is expected first."""
    known = {one.container: one.status for one in before.components} if before else {}
    for one in report.components:
        old = known.get(one.container)
        if one.status != (old or "pass"):
            level = logging.INFO if one.status == "pass" else logging.WARNING
            was = f", was {old}" if old else ""
            why = f" {one.code}: {one.hint}" if one.code else ""
            _log.log(level, "health of %s: %s%s%s", one.container, one.status, was, why)
