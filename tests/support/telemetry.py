"""Telemetry inside a block, by the exporters in memory of OpenTelemetry's SDK."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, Sampler
from prometheus_client import CollectorRegistry

from ingenious_storage import telemetry


@dataclass(frozen=True)
class Metric:
    kind: str
    """Sum, Histogram or Gauge, as the SDK calls them."""
    unit: str
    points: list[tuple[dict[str, Any], float]]
    """Attributes with the value, or with the count of a histogram."""


@dataclass
class Watch:
    exporter: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)
    reader: InMemoryMetricReader = field(default_factory=InMemoryMetricReader)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    @property
    def spans(self) -> list[ReadableSpan]:
        """In the order in which they ended."""
        return list(self.exporter.get_finished_spans())

    def span_list(self) -> list[tuple[str, dict[str, Any], str]]:
        return [
            (span.name, dict(span.attributes or {}), span.status.status_code.name)
            for span in self.spans
        ]

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        return [
            (event.name, dict(event.attributes or {}))
            for span in self.spans
            for event in span.events
        ]

    def metrics(self) -> dict[str, Metric]:
        data = self.reader.get_metrics_data()
        return {
            metric.name: Metric(
                type(metric.data).__name__,
                metric.unit or "",
                [
                    (dict(p.attributes or {}), p.count if hasattr(p, "count") else p.value)
                    for p in metric.data.data_points
                ],
            )
            for resource in (data.resource_metrics if data else ())
            for metric in resource.scope_metrics[0].metrics
        }

    def points(self, name: str) -> list[tuple[dict[str, Any], float]]:
        """Of one metric, by the end of its name, without the prefix of the attributes."""
        metric = self.metrics().get(telemetry.SPAN_PREFIX + name)
        return [
            ({key.removeprefix(telemetry.SPAN_PREFIX): v for key, v in attributes.items()}, value)
            for attributes, value in (metric.points if metric else ())
        ]

    def clear(self) -> None:
        """Forget the spans."""
        self.exporter.clear()


@contextmanager
def watching(sampler: Sampler = ALWAYS_ON) -> Iterator[Watch]:
    watch = Watch()
    tracers = TracerProvider(sampler=sampler, shutdown_on_exit=False)
    tracers.add_span_processor(SimpleSpanProcessor(watch.exporter))
    prometheus = PrometheusMetricReader(registry=watch.registry, scope_info_enabled=False)
    meters = MeterProvider([watch.reader, prometheus], shutdown_on_exit=False)
    telemetry.connect(tracers, meters)
    try:
        yield watch
    finally:
        telemetry.disconnect()
        tracers.shutdown()
        meters.shutdown()
