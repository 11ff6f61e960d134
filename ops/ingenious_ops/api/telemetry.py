"""Telemetry of the API: what is measured of requests, and of callers who were refused.

Requests are named by OpenTelemetry's semantic conventions for HTTP servers:
https://opentelemetry.io/docs/specs/semconv/http/
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, get_args

from opentelemetry.metrics import MeterProvider, get_meter

from ingenious_ops.api.errors import ForbiddenError, Reason, UnauthenticatedError, WrongHostError
from ingenious_storage import telemetry
from ingenious_storage.errors import StorageError
from ingenious_storage.telemetry import Durations, Tally

DURATION: Final = "http.server.request.duration"
ACTIVE: Final = "http.server.active_requests"
REFUSALS: Final = "ingenious.storage.api.refusals"

ATTR_METHOD: Final = "http.request.method"
ATTR_ROUTE: Final = "http.route"
ATTR_STATUS: Final = "http.response.status_code"
ATTR_SCHEME: Final = "url.scheme"
ATTR_REASON: Final = "ingenious.storage.reason"

OTHER_METHOD: Final = "_OTHER"
METHODS: Final = frozenset(
    ("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE")
)
"""Any other is OTHER_METHOD: a caller may send what it likes."""
BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""Seconds; those of the conventions."""


@dataclass(frozen=True, slots=True)
class Instruments:
    """All instruments of the API; docs/metrics.md says what each measures."""

    duration: Durations
    active: Tally
    refusals: Tally


def instruments() -> Instruments:
    """Those of the providers that the library emits to now."""
    return _instruments(telemetry.meter_provider)


def count_refusal(error: StorageError) -> None:
    """Count a caller who is answered with `error`, if that refuses who they are."""
    if isinstance(error, UnauthenticatedError | ForbiddenError | WrongHostError):
        instruments().refusals.add(1, {ATTR_REASON: error.reason})


@lru_cache(maxsize=8)  # a process has one or two; a second time would be a second instrument
def _instruments(meters: MeterProvider | None) -> Instruments:
    meter = get_meter(telemetry.SCOPE, meter_provider=meters)
    duration = Durations(meter, DURATION, "Duration of HTTP server requests.", BUCKETS)
    refusals = Tally(
        meter,
        REFUSALS,
        "{caller}",
        "Callers who were refused, by why.",
        duration.settle,  # any export asks every counter, before it reads the histogram
    )
    for reason in get_args(Reason):
        # A first burst is seen as a rise alone when there was a zero before.
        refusals.add(0, {ATTR_REASON: reason})
    active = Tally(meter, ACTIVE, "{request}", "Number of active HTTP server requests.", falls=True)
    return Instruments(duration, active, refusals)
