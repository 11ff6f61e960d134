"""What the library emits, and the one place that knows to whom.

It speaks to OpenTelemetry's API alone, whose proxies emit nothing until an application sets up the
SDK, before or after. Attributes, events and log records never hold keys, ids or tenants.
"""

from __future__ import annotations

import logging
from types import TracebackType
from typing import TYPE_CHECKING

from opentelemetry import context, metrics, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from ingenious_storage.errors import CorruptObjectError, NotModifiedError, StorageError
from ingenious_storage.telemetry import listening
from ingenious_storage.telemetry.instruments import Attributes, Instruments, make_instruments
from ingenious_storage.telemetry.listening import nobody as nobody_listens
from ingenious_storage.telemetry.names import (
    ATTR_BACKEND,
    ATTR_CONTAINER,
    ATTR_DIRECTION,
    ATTR_ERROR,
    ATTR_OPERATION,
    ATTR_OUTCOME,
    DOCUMENT_PREFIX,
    EVENT_BLIND,
    EVENT_CONFLICT,
    EVENT_CORRUPT,
    EVENT_LOST_ANSWER,
    EVENT_SAVED,
    SCOPE,
    SPAN_PREFIX,
)

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

__all__ = [
    "ATTR_BACKEND",
    "ATTR_CONTAINER",
    "ATTR_DIRECTION",
    "ATTR_ERROR",
    "ATTR_OPERATION",
    "ATTR_OUTCOME",
    "DOCUMENT_PREFIX",
    "EVENT_BLIND",
    "EVENT_CONFLICT",
    "EVENT_LOST_ANSWER",
    "EVENT_SAVED",
    "SCOPE",
    "SPAN_PREFIX",
    "Instruments",
    "add_event",
    "connect",
    "corrupt_object_met",
    "disconnect",
    "emit",
    "logger",
    "make_instruments",
    "nobody_listens",
    "span",
    "tracer",
]

logger = logging.getLogger(SCOPE)
# An application that has not set up logging sees nothing of ours on its standard error.
logger.addHandler(logging.NullHandler())

_of_the_process = (trace.get_tracer(SCOPE), make_instruments(metrics.get_meter(SCOPE)))
tracer, emit = _of_the_process


def connect(tracers: TracerProvider, meters: MeterProvider) -> None:
    """Emit to these providers from now on, and no longer to those of the process."""
    global tracer, emit  # noqa: PLW0603  # one for each process, as the providers are
    tracer = trace.get_tracer(SCOPE, tracer_provider=tracers)
    emit = make_instruments(metrics.get_meter(SCOPE, meter_provider=meters))
    listening.connected = True


def disconnect() -> None:
    """Emit to the providers of the process again."""
    global tracer, emit
    tracer, emit = _of_the_process
    listening.connected = False


class span:  # noqa: N801  # reads as the function that it replaces
    """A span around a block, current inside it; what the block raises ends it with an error.

    As `Tracer.start_as_current_span` without its generators, and nearly free without an SDK.
    Inside a span of this process that is not kept there is none: its sampler has decided. No
    exception is recorded: its message and stack could hold a key.
    """

    __slots__ = ("_attributes", "_kind", "_name", "_span", "_token")

    def __init__(
        self, name: str, attributes: Attributes, kind: SpanKind = SpanKind.INTERNAL
    ) -> None:
        self._name, self._attributes, self._kind = name, attributes, kind

    def __enter__(self) -> Span:
        around = context.get_current()
        outer = trace.get_current_span(around)
        place = outer.get_span_context()
        kept = outer.is_recording() or place.trace_flags.sampled
        made: Span = trace.INVALID_SPAN
        if kept or place.is_remote or not place.is_valid:
            made = tracer.start_span(self._name, around, self._kind, self._attributes)
        self._token = None
        if made is not trace.INVALID_SPAN:
            self._token = context.attach(trace.set_span_in_context(made, around))
        self._span = made
        return made

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._token is None:
            return
        # "Not modified" is an answer, not a fault.
        if error is not None and not isinstance(error, NotModifiedError):
            self._span.set_attribute(ATTR_ERROR, _error_type(error))
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()
        context.detach(self._token)


def _error_type(error: BaseException) -> str:
    return error.code if isinstance(error, StorageError) else type(error).__qualname__


def add_event(name: str, attributes: Attributes | None = None) -> None:
    """Tell the current span, if anybody listens."""
    current = trace.get_current_span()
    if current.is_recording():
        current.add_event(name, attributes)


def corrupt_object_met(error: CorruptObjectError, container: str) -> None:
    """Count and log it, once however many callers it passes."""
    if getattr(error, "_was_told", False):
        return
    error._was_told = True  # type: ignore[attr-defined]  # noqa: SLF001  # nobody else's business
    emit.corrupt_objects.add(1, {ATTR_CONTAINER: container})
    add_event(EVENT_CORRUPT)
    logger.error(
        "a corrupt object was met in the %s container; `ingenious-storage verify` finds it",
        container,
    )
