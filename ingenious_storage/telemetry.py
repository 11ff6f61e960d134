"""The names that the library emits; tests compare what is emitted with this module.

There is no semantic convention for Azure Blob, so the names are our own. Attributes never hold
keys, ids or tenants.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from opentelemetry import metrics, trace
from opentelemetry.metrics import Counter, Histogram, Meter

SCOPE: Final = "ingenious_storage"

SPAN_PREFIX: Final = "ingenious.storage."
"""A span is named SPAN_PREFIX + operation, one for each attempt."""

ATTR_OPERATION: Final = "ingenious.storage.operation"
ATTR_BACKEND: Final = "ingenious.storage.backend"
ATTR_CONTAINER: Final = "ingenious.storage.container"
ATTR_DIRECTION: Final = "ingenious.storage.direction"
ATTR_ERROR: Final = "error.type"

_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10, 30)


@dataclass(frozen=True, slots=True)
class Instruments:
    duration: Histogram
    io_bytes: Counter
    retries: Counter
    conflicts: Counter


def make_instruments(meter: Meter) -> Instruments:
    return Instruments(
        duration=meter.create_histogram(
            "ingenious.storage.operation.duration",
            unit="s",
            description="Duration of one attempt at one operation.",
            explicit_bucket_boundaries_advisory=_BUCKETS,
        ),
        io_bytes=meter.create_counter(
            "ingenious.storage.io", unit="By", description="Bytes of blobs read and written."
        ),
        retries=meter.create_counter(
            "ingenious.storage.retries", unit="{retry}", description="Attempts after the first."
        ),
        conflicts=meter.create_counter(
            "ingenious.storage.conflicts",
            unit="{conflict}",
            description="Commits that found another writer's revision and went on top of it.",
        ),
    )


# The API's proxies: they emit nothing until an application sets up the SDK, before or after.
tracer = trace.get_tracer(SCOPE)
emit = make_instruments(metrics.get_meter(SCOPE))
