"""Telemetry: OpenTelemetry's SDK set up as the configuration says, for commands and applications.

    with setup_telemetry(load_settings()):
        ...

The SDK and the exporters come with the extras `otel`, `ops` (Prometheus) and `azure-monitor`;
nothing of them is imported before `setup_telemetry` is called.
"""

from ingenious_ops.telemetry.setup import SAMPLING_RATIO, Telemetry, setup_telemetry

__all__ = ["SAMPLING_RATIO", "Telemetry", "setup_telemetry"]
