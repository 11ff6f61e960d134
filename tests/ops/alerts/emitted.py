"""Series that the library really emits, as the real exporter shows them to Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import NoReturn, get_args

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.trace import NoOpTracerProvider
from prometheus_client import CollectorRegistry

from ingenious_storage import Health, Storage, telemetry
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import Settings
from ingenious_storage.documents.telemetry import DocumentTelemetry, Outcome
from ingenious_storage.errors import (
    CorruptObjectError,
    KeyDestroyedError,
    KeyUnavailableError,
    PermissionDeniedError,
    StorageError,
)
from ingenious_storage.layers.instrument import InstrumentLayer
from ingenious_storage.layers.retry import RetryLayer
from ingenious_storage.layers.telemetry import CacheTelemetry, CompressionTelemetry, KeyTelemetry
from tests.support.api import ask_the_api
from tests.support.faults import Call, FaultyBackend, Request, any_of, on, throttled

SCRAPED = frozenset({"job", "instance"})
"""Labels that Prometheus adds to all that it scrapes."""


def series() -> dict[str, frozenset[str]]:
    """Every series name that the library emits, with its labels."""
    found: dict[str, set[str]] = {}
    for name, labels in samples():
        found.setdefault(name, set(SCRAPED)).update(labels)
    return {name: frozenset(labels) for name, labels in found.items()}


@cache
def samples() -> list[tuple[str, dict[str, str]]]:
    """Name and labels of all that is emitted by a run that provokes each metric."""
    with exporting() as (registry, provoke):
        provoke()
        return [
            (sample.name, dict(sample.labels))
            for family in registry.collect()
            for sample in family.samples
            if family.name != "target"  # the resource
        ]


@contextmanager
def exporting() -> Iterator[tuple[CollectorRegistry, Callable[[], None]]]:
    """What Prometheus would scrape, and a function that has each metric emitted."""
    registry = CollectorRegistry()
    meters = MeterProvider(metric_readers=[PrometheusMetricReader(registry=registry)])
    telemetry.connect(NoOpTracerProvider(), meters)
    try:
        yield registry, _provoke
    finally:
        telemetry.disconnect()
        meters.shutdown()


def _provoke() -> None:
    _requests()
    _documents(DocumentTelemetry("data"))
    asyncio.run(ask_the_api())
    _layers(CacheTelemetry("data"), CompressionTelemetry("data"), KeyTelemetry("data"))
    with Storage(Settings(), backend=lambda *_: InMemoryBackend()) as storage:
        Health(storage).report()


def _requests() -> None:
    rule = any_of(on("put", "head", throttled), on("delete", "head", _denied))
    faulty = FaultyBackend(InMemoryBackend(), rule)
    backend = RetryLayer(InstrumentLayer(faulty, container="data"), sleep=lambda _: None)
    backend.put("k", b"1")
    backend.get("k")
    with suppress(StorageError):
        backend.get("missing")
    with suppress(StorageError):
        backend.delete("k")


class _Cache:
    container, remembered_bytes = "data", 10


_CACHE = _Cache()  # for as long as somebody scrapes


def _layers(cache: CacheTelemetry, compression: CompressionTelemetry, keys: KeyTelemetry) -> None:
    telemetry.watch_cache(_CACHE)
    cache.hit(1)
    compression.written(3, 1)
    with suppress(StorageError), keys.fetching("vault"):
        raise KeyUnavailableError("no answer")
    keys.refused(KeyDestroyedError("erased"))


def _denied(request: Request, call: Call) -> NoReturn:
    raise PermissionDeniedError("no role", operation=request.operation)


def _documents(watch: DocumentTelemetry) -> None:
    watch.revision_saved()
    watch.conflict_settled()
    watch.blind_overwrite()
    watch.corrupt_object(CorruptObjectError("cut"))
    for outcome in get_args(Outcome):
        watch.lost_answer_settled(outcome)
