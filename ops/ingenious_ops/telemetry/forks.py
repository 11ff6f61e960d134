"""A child after a fork counts from zero: what its parent counted is the parent's to export.

The SDK keeps the sums and sends them again under the child's instance id.
"""

from __future__ import annotations

import os
from threading import Lock
from typing import Final
from weakref import WeakSet

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

_meters: Final[WeakSet[MeterProvider]] = WeakSet()


def reset_in_children(meters: MeterProvider) -> None:
    """Let `meters` count from zero in a child after a fork."""
    _meters.add(meters)


def _start_from_zero(meters: MeterProvider) -> None:
    """The SDK has no public way: the sums lie in storages, one a reader, which are made anew.

    So are the locks, which a thread may have held that the child does not have.
    """
    consumer = meters._measurement_consumer  # noqa: SLF001
    fresh = type(consumer)(meters._sdk_config, meters._metric_readers)  # noqa: SLF001
    vars(consumer).update(_lock=fresh._lock, _reader_storages=fresh._reader_storages)  # noqa: SLF001
    for reader in meters._metric_readers:  # noqa: SLF001
        if isinstance(reader, PeriodicExportingMetricReader):
            reader._export_lock = Lock()  # noqa: SLF001


def _after_fork() -> None:
    for meters in list(_meters):
        _start_from_zero(meters)


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_after_fork)
