"""The providers of the SDK, made of exporters and connected to the library."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from importlib.metadata import version as version_of
from typing import TYPE_CHECKING, Final
from uuid import uuid4
from weakref import WeakSet

from ingenious_ops.extras import needs_extra
from ingenious_ops.telemetry.deliveries import Deliveries
from ingenious_ops.telemetry.errors import TelemetryError
from ingenious_storage import telemetry

with needs_extra("otel", "opentelemetry"):
    from opentelemetry import _logs, metrics, trace
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased, TraceIdRatioBased

    from ingenious_ops.telemetry import forks
    from ingenious_ops.telemetry.exporters import Exporters, make_exporters
    from ingenious_ops.telemetry.logs import LogHandler, attached

if TYPE_CHECKING:
    from ingenious_storage.config import Settings, TelemetrySettings

_DISTRIBUTION: Final = "ingenious-storage"
_ended: Final[WeakSet[object]] = WeakSet()
"""Providers that were shut down here; one of them may still be that of the process."""


class Providers:
    """One for each signal; nothing reaches them before `connect`."""

    def __init__(self, settings: Settings, *, sampling_ratio: float, version: str | None) -> None:
        """Raises: ExtraMissingError; ValueError, which may quote a secret."""
        section = settings.telemetry
        made = make_exporters(section)
        self.deliveries = Deliveries()
        for exporter in (*made.spans, *made.metrics, *made.logs):
            self.deliveries.count(exporter)
        self.registry, self._workers = made.registry, made.workers
        resource = _resource(settings, version)
        # Whoever holds this ends them; left to the exit, a dead collector would delay it.
        self._share = _share(section, sampling_ratio)
        sampler = None if self._share is None else ParentBased(TraceIdRatioBased(self._share))
        self.tracers = TracerProvider(sampler=sampler, resource=resource, shutdown_on_exit=False)
        # The library decides by itself about a trace that begins with it.
        self._ours = TracerProvider(
            sampler=sampler and ParentBased(ALWAYS_ON), resource=resource, shutdown_on_exit=False
        )
        for spans in made.spans:
            processor = BatchSpanProcessor(spans)
            self.tracers.add_span_processor(processor)
            self._ours.add_span_processor(processor)
        self.meters = MeterProvider(
            _readers(section, made), resource=resource, shutdown_on_exit=False
        )
        self.loggers = LoggerProvider(resource=resource, shutdown_on_exit=False)
        for logs in made.logs:
            self.loggers.add_log_record_processor(BatchLogRecordProcessor(logs))
        self.each = (self.tracers, self.meters, self.loggers)
        self._connected = ExitStack()
        forks.reset_in_children(self.meters)

    def connect(self, loggers: Sequence[str], *, set_global: bool) -> None:
        """Raises: ConfigurationError when the workers cannot find each other."""
        if self._workers is not None:
            self._workers.open()
            self._connected.callback(self._workers.close)
        if set_global:
            trace.set_tracer_provider(self.tracers)
            metrics.set_meter_provider(self.meters)
            _logs.set_logger_provider(self.loggers)
        # The library's metrics go to the provider of the process by themselves.
        meters = None if set_global else self.meters
        self._connected.callback(telemetry.disconnect)
        telemetry.connect(self._ours, meters, share=1.0 if self._share is None else self._share)
        self._connected.enter_context(attached(LogHandler(self.loggers), loggers))

    def disconnect(self) -> None:
        """Disconnect the providers from the library, which is silent again."""
        self._connected.close()
        _ended.add(self.tracers)


def refuse_second() -> None:
    """Raises: TelemetryError when somebody has set up OpenTelemetry in this process."""
    provider = trace.get_tracer_provider()
    if provider in _ended:
        raise TelemetryError(
            "OpenTelemetry was set up in this process before, and has been shut down",
            hint="Its API takes the providers of a process once. Keep one Telemetry until the "
            "process ends; or pass set_global=False: only the library's own signals are exported.",
        )
    if not isinstance(provider, trace.ProxyTracerProvider):
        raise TelemetryError(
            "OpenTelemetry is set up in this process already",
            hint="Leave setup_telemetry out: what the library emits goes there too. For a second "
            "set of exporters beside it pass set_global=False.",
        )


def _resource(settings: Settings, version: str | None) -> Resource:
    section = settings.telemetry
    attributes = {"service.instance.id": str(uuid4())}
    if "service_name" in section.model_fields_set or not os.environ.get("OTEL_SERVICE_NAME"):
        attributes["service.name"] = section.service_name
    if version is None and attributes.get("service.name") == _DISTRIBUTION:
        version = version_of(_DISTRIBUTION)
    if version is not None:
        attributes["service.version"] = version
    if settings.profile is not None:
        attributes["deployment.environment.name"] = settings.profile
    return Resource.create(attributes)


def _share(section: TelemetrySettings, usual: float) -> float | None:
    """None: the sampler that the environment names."""
    if section.sampling_ratio is None and os.environ.get("OTEL_TRACES_SAMPLER"):
        return None
    return usual if section.sampling_ratio is None else section.sampling_ratio


def _readers(section: TelemetrySettings, made: Exporters) -> list[MetricReader]:
    interval = section.metric_interval * 1000
    periodic = [
        PeriodicExportingMetricReader(exporter, export_interval_millis=interval)
        for exporter in made.metrics
    ]
    return [*periodic, *made.readers]
