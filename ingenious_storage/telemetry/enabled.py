"""Whether anybody has set up an SDK: else the library spends nothing on what nobody hears."""

from __future__ import annotations

from typing import Final

from opentelemetry import metrics, trace

connected = False
"""The library emits to providers of its own."""

_METRICS: Final = getattr(metrics, "_internal", None)


def nobody() -> bool:
    """True when neither traces nor metrics have a provider in this process.

    The API's own question, `get_tracer_provider`, costs as much as what it would save. Should its
    private names go away, somebody is taken to listen.
    """
    return (
        not connected
        and getattr(trace, "_TRACER_PROVIDER", True) is None
        and getattr(_METRICS, "_METER_PROVIDER", True) is None
    )
