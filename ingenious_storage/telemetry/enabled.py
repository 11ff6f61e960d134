"""Enabled: whether an SDK is set up. Without one the library spends nothing on telemetry."""

from __future__ import annotations

from typing import Final

from opentelemetry import metrics, trace

connected = False
"""The library emits to providers of its own."""

_METRICS: Final = getattr(metrics, "_internal", None)


def is_enabled() -> bool:
    """Whether traces or metrics have a provider in this process.

    The API's own question, `get_tracer_provider`, costs as much as what it would save. Should its
    private names go away, telemetry is taken to be enabled.
    """
    return (
        connected
        or getattr(trace, "_TRACER_PROVIDER", True) is not None
        or getattr(_METRICS, "_METER_PROVIDER", True) is not None
    )
