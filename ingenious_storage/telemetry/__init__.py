"""Telemetry: spans, metrics and log records of the library, and the providers that get them.

It speaks to OpenTelemetry's API alone, whose proxies emit nothing until an application sets up the
SDK, before or after. Attributes, events and log records never hold keys, ids or tenants.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from opentelemetry import context, metrics, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from ingenious_storage.errors import CorruptObjectError, NotModifiedError, StorageError
from ingenious_storage.telemetry import enabled, sampling
from ingenious_storage.telemetry.enabled import is_enabled
from ingenious_storage.telemetry.instruments import (
    Attributes,
    Durations,
    Instruments,
    Remembering,
    Tally,
    make_instruments,
    watch_cache,
)
from ingenious_storage.telemetry.names import (
    ATTR_BACKEND,
    ATTR_CONTAINER,
    ATTR_DIRECTION,
    ATTR_ERROR,
    ATTR_LEVEL,
    ATTR_OPERATION,
    ATTR_OUTCOME,
    ATTR_SHARD,
    DOCUMENT_PREFIX,
    EVENT_BLIND,
    EVENT_CONFLICT,
    EVENT_CORRUPT,
    EVENT_LOST_ANSWER,
    EVENT_SAVED,
    EVENT_STALE,
    SCOPE,
    SPAN_PREFIX,
)
from ingenious_storage.telemetry.sampling import is_skipping, skip, unskip

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

__all__ = [
    "ATTR_BACKEND",
    "ATTR_CONTAINER",
    "ATTR_DIRECTION",
    "ATTR_ERROR",
    "ATTR_LEVEL",
    "ATTR_OPERATION",
    "ATTR_OUTCOME",
    "ATTR_SHARD",
    "DOCUMENT_PREFIX",
    "EVENT_BLIND",
    "EVENT_CONFLICT",
    "EVENT_LOST_ANSWER",
    "EVENT_SAVED",
    "EVENT_STALE",
    "SCOPE",
    "SPAN_PREFIX",
    "Answering",
    "Attributes",
    "Durations",
    "Instruments",
    "Remembering",
    "Tally",
    "add_event",
    "connect",
    "corrupt_object_met",
    "disconnect",
    "emit",
    "in_span",
    "is_enabled",
    "is_skipping",
    "logger",
    "make_instruments",
    "meter_provider",
    "outages",
    "store_is_away",
    "store_is_back",
    "tracer",
    "watch_cache",
]

T = TypeVar("T")

logger = logging.getLogger(SCOPE)
# An application that has not set up logging sees nothing of ours on its standard error.
logger.addHandler(logging.NullHandler())
outages = logging.getLogger(f"{SCOPE}.outages")

_of_the_process = (trace.get_tracer(SCOPE), make_instruments(metrics.get_meter(SCOPE)))
tracer, emit = _of_the_process
meter_provider: MeterProvider | None = None
"""That others who measure make their meters with; None is that of the process. A meter is not kept:
it has locks of its own, which a fork would leave held.
"""


def connect(
    tracers: TracerProvider, meters: MeterProvider | None = None, *, share: float = 1.0
) -> None:
    """Emit to these providers from now on, and no longer to those of the process.

    Args:
        meters: None leaves the metrics where they are.
        share: of the traces that begin in the library, to be kept.
    """
    global tracer, emit, meter_provider  # noqa: PLW0603  # one a process, as the providers are
    tracer, sampling.share = trace.get_tracer(SCOPE, tracer_provider=tracers), share
    if meters is not None:
        meter_provider = meters
        emit = make_instruments(metrics.get_meter(SCOPE, meter_provider=meters))
    enabled.connected = True


def disconnect() -> None:
    """Emit to the providers of the process again."""
    global tracer, emit, meter_provider
    (tracer, emit), meter_provider, sampling.share = _of_the_process, None, 1.0
    enabled.connected = False


def in_span(name: str, attributes: Attributes, kind: SpanKind, call: Callable[[Span], T]) -> T:
    """Run `call` inside a span, which it is given; an invalid one when its trace is not kept.

    What it raises ends the span with an error. No exception is recorded: its message and stack
    could hold a key.
    """
    if is_skipping():
        return call(trace.INVALID_SPAN)
    skipped = skip()
    if skipped is None:
        return _in_span(tracer.start_span(name, None, kind, attributes), call)
    try:
        return call(trace.INVALID_SPAN)
    finally:
        unskip(skipped)


def _in_span(made: Span, call: Callable[[Span], T]) -> T:
    attached = context.attach(trace.set_span_in_context(made))
    try:
        return call(made)
    except BaseException as error:
        if not isinstance(error, NotModifiedError):  # an answer, not an error
            made.set_attribute(ATTR_ERROR, _error_type(error))
            made.set_status(Status(StatusCode.ERROR))
        raise
    finally:
        made.end()
        context.detach(attached)


class Answering:
    """A span around the answer to a request; an invalid one when its trace is not kept.

    A context manager that gives the span; what raises inside says for itself what it is.
    """

    __slots__ = ("_attached", "_attributes", "_caller", "_name", "_skipped", "_span")

    def __init__(self, name: str, attributes: Attributes, caller: Context | None = None) -> None:
        """`caller` is where the caller's trace goes on; None begins one, or stays in a host's."""
        self._name, self._attributes, self._caller = name, attributes, caller
        self._span: Span = trace.INVALID_SPAN

    def __enter__(self) -> Span:
        self._attached = None if self._caller is None else context.attach(self._caller)
        self._skipped = skip()
        if self._skipped is None:
            self._span = tracer.start_span(self._name, None, SpanKind.SERVER, self._attributes)
            inside = context.attach(trace.set_span_in_context(self._span))
            self._attached = self._attached or inside  # the outer one ends the inner one too
        return self._span

    def __exit__(self, *_: object) -> None:
        self._span.end()
        if self._skipped is not None:
            unskip(self._skipped)
        if self._attached is not None:
            context.detach(self._attached)


def _error_type(error: BaseException) -> str:
    return error.code if isinstance(error, StorageError) else type(error).__qualname__


def add_event(name: str, attributes: Attributes | None = None) -> None:
    """Add an event to the current span, if there is one that is kept."""
    if is_skipping():
        return
    current = trace.get_current_span()
    if current.is_recording():
        current.add_event(name, attributes)


def corrupt_object_met(error: CorruptObjectError, container: str) -> None:
    """Count and log it, once however many callers it passes."""
    if getattr(error, "_is_counted", False):
        return
    error._is_counted = True  # type: ignore[attr-defined]  # noqa: SLF001  # nobody else's business
    emit.corrupt_objects.add(1, {ATTR_CONTAINER: container})
    add_event(EVENT_CORRUPT)
    logger.error(
        "a corrupt object was met in the %s container; `ingenious-storage verify` finds it",
        container,
    )


def store_is_away(operation: str, error: StorageError, seconds: float) -> None:
    """Log that a request waits for a store; `seconds` are those that it will wait at most."""
    outages.warning(
        "the store does not serve %s now (%s); trying again, for %.0f s at most",
        operation,
        error.code,
        seconds,
    )


def store_is_back(seconds: float) -> None:
    """Log that the store serves requests again, after so many seconds."""
    outages.warning("the store answers again, after %.1f s", seconds)
