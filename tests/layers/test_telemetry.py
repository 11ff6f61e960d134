"""What is emitted, exactly: names, units, attributes, and one record for each attempt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ingenious_storage import telemetry
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.documents import DocumentStore
from ingenious_storage.errors import NotFoundError, NotModifiedError
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.layers.instrument import InstrumentLayer
from ingenious_storage.layers.retry import RetryLayer

BASE = {"ingenious.storage.backend": "inmemory", "ingenious.storage.container": "data"}


class Watch:
    def __init__(self) -> None:
        self.spans, self.reader = InMemorySpanExporter(), InMemoryMetricReader()

    def span_list(self) -> list[tuple[str, dict[str, Any], str]]:
        return [
            (span.name, dict(span.attributes or {}), span.status.status_code.name)
            for span in self.spans.get_finished_spans()
        ]

    def metrics(self) -> dict[str, list[tuple[dict[str, Any], float]]]:
        """By name and unit: attributes with the sum, or the count for a histogram."""
        found: dict[str, list[tuple[dict[str, Any], float]]] = {}
        data = self.reader.get_metrics_data()
        for resource in data.resource_metrics if data else []:
            for metric in resource.scope_metrics[0].metrics:
                found[f"{metric.name} {metric.unit}"] = [
                    (dict(p.attributes or {}), p.count if hasattr(p, "count") else p.value)
                    for p in metric.data.data_points
                ]
        return found


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    watch = Watch()
    tracers, meters = TracerProvider(), MeterProvider(metric_readers=[watch.reader])
    tracers.add_span_processor(SimpleSpanProcessor(watch.spans))
    monkeypatch.setattr(telemetry, "tracer", tracers.get_tracer(telemetry.SCOPE))
    instruments = telemetry.make_instruments(meters.get_meter(telemetry.SCOPE))
    monkeypatch.setattr(telemetry, "emit", instruments)
    yield watch
    tracers.shutdown()
    meters.shutdown()


def test_each_operation_is_one_span_and_one_record(watch: Watch) -> None:
    backend = RetryLayer(InstrumentLayer(InMemoryBackend(), container="data"))
    etag = backend.put("secret-id", b"12345").etag
    backend.get("secret-id")
    with pytest.raises(NotModifiedError):
        backend.get("secret-id", if_none_match=etag)
    with pytest.raises(NotFoundError):
        backend.head("other-secret")
    operation = "ingenious.storage.operation"
    put, get = {**BASE, operation: "put"}, {**BASE, operation: "get"}
    head = {**BASE, operation: "head", "error.type": "not_found"}
    assert watch.span_list() == [
        ("ingenious.storage.put", put, "UNSET"),
        ("ingenious.storage.get", get, "UNSET"),
        ("ingenious.storage.get", get, "UNSET"),
        ("ingenious.storage.head", head, "ERROR"),
    ]
    direction = "ingenious.storage.direction"
    assert watch.metrics() == {
        "ingenious.storage.operation.duration s": [(put, 1), (get, 2), (head, 1)],
        "ingenious.storage.io By": [
            ({**put, direction: "write"}, 5),
            ({**get, direction: "read"}, 5),
        ],
    }
    events = [event for span in watch.spans.get_finished_spans() for event in span.events]
    assert events == []  # an exception's message could hold a key


def test_a_conflict_of_two_writers_is_counted(watch: Watch) -> None:
    backend = InMemoryBackend()
    ours, theirs = (DocumentStore(FileStorage(backend)) for _ in range(2))
    ours.save("k", 1)
    theirs.save("k", 2)
    ours.save("k", 3)
    assert watch.metrics() == {"ingenious.storage.conflicts {conflict}": [({}, 1)]}
