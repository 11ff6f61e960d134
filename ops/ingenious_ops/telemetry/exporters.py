"""The exporters by name. Each adds what it has for traces, metrics and log records."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ingenious_ops.extras import needs_extra
from ingenious_ops.telemetry.servers import sign_of_workers
from ingenious_storage.config import TelemetrySettings

with needs_extra("otel", "opentelemetry"):
    from opentelemetry.sdk._logs.export import ConsoleLogRecordExporter, LogRecordExporter
    from opentelemetry.sdk.metrics.export import (
        ConsoleMetricExporter,
        MetricExporter,
        MetricReader,
    )
    from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SpanExporter

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from ingenious_ops.telemetry.workers import Workers

# Of the Azure Monitor exporter: reports about itself, and settings from afar, for Microsoft.
_ABOUT_ITSELF: Final = (
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED",
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL",
)


_ONE_OF_SEVERAL: Final = (
    "/metrics shows one worker only, whichever is asked, and %s: set telemetry.metrics_directory "
    "to a directory that all workers share, or telemetry.exporter to otlp"
)
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Exporters:
    """The exporters that were asked for, by the signal that they take."""

    spans: list[SpanExporter] = field(default_factory=list)
    metrics: list[MetricExporter] = field(default_factory=list)
    logs: list[LogRecordExporter] = field(default_factory=list)
    readers: list[MetricReader] = field(default_factory=list)
    """Of metrics, for who asks by himself."""
    registry: CollectorRegistry | None = None
    workers: Workers | None = None
    """Who fills the registry, when it is of several processes."""


def make_exporters(settings: TelemetrySettings) -> Exporters:
    """All that the section names; none sends anything yet.

    Raises: ExtraMissingError; ValueError, which may quote a secret.
    """
    made = Exporters()
    for name in settings.exporter:
        _BY_NAME[name](settings, made)
    return made


def _console(_section: TelemetrySettings, made: Exporters) -> None:
    made.spans.append(ConsoleSpanExporter(out=sys.stderr))
    made.metrics.append(ConsoleMetricExporter(out=sys.stderr))
    made.logs.append(ConsoleLogRecordExporter(out=sys.stderr))


def _otlp(settings: TelemetrySettings, made: Exporters) -> None:
    with needs_extra("otel", "opentelemetry", "google", "requests"):
        from opentelemetry.exporter.otlp.proto.http._log_exporter import (  # noqa: PLC0415
            OTLPLogExporter,
        )
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import (  # noqa: PLC0415
            OTLPMetricExporter,
        )
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )

    headers = settings.otlp_headers() or None

    def url(signal: str) -> str | None:
        return settings.endpoint and f"{settings.endpoint}/v1/{signal}"

    made.spans.append(OTLPSpanExporter(endpoint=url("traces"), headers=headers))
    made.metrics.append(OTLPMetricExporter(endpoint=url("metrics"), headers=headers))
    made.logs.append(OTLPLogExporter(endpoint=url("logs"), headers=headers))


def _prometheus(settings: TelemetrySettings, made: Exporters) -> None:
    with needs_extra("ops", "opentelemetry", "prometheus_client"):
        from opentelemetry.exporter.prometheus import PrometheusMetricReader  # noqa: PLC0415
        from prometheus_client import CollectorRegistry  # noqa: PLC0415

    own = made.registry = CollectorRegistry()
    made.readers.append(PrometheusMetricReader(registry=own, scope_info_enabled=False))
    if settings.metrics_directory is not None:
        from ingenious_ops.telemetry.workers import Workers  # noqa: PLC0415  # needs the extra

        made.workers, made.registry = Workers(settings.metrics_directory, own), CollectorRegistry()
        made.registry.register(made.workers)
    elif sign := sign_of_workers():
        _log.warning(_ONE_OF_SEVERAL, sign)


def _azure_monitor(settings: TelemetrySettings, made: Exporters) -> None:
    for name in _ABOUT_ITSELF:
        os.environ.setdefault(name, "true")
    with needs_extra("azure-monitor", "azure"):
        from azure.monitor.opentelemetry.exporter import (  # noqa: PLC0415
            AzureMonitorLogExporter,
            AzureMonitorMetricExporter,
            AzureMonitorTraceExporter,
        )

    assert settings.connection_string is not None  # the section is checked
    secret = settings.connection_string.get_secret_value()
    made.spans.append(
        AzureMonitorTraceExporter(connection_string=secret, disable_offline_storage=True)
    )
    made.metrics.append(
        AzureMonitorMetricExporter(connection_string=secret, disable_offline_storage=True)
    )
    made.logs.append(
        AzureMonitorLogExporter(connection_string=secret, disable_offline_storage=True)
    )


_BY_NAME: Final[Mapping[str, Callable[[TelemetrySettings, Exporters], None]]] = {
    "console": _console,
    "otlp": _otlp,
    "prometheus": _prometheus,
    "azure_monitor": _azure_monitor,
}
