"""The names that the library emits; docs/metrics.md says what each means, and a test compares.

There is no semantic convention for Azure Blob, so the names are our own. Attributes, events and
log records never hold keys, ids or tenants.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Final

from opentelemetry import context, metrics, trace
from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, Meter, Observation
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from ingenious_storage.errors import CorruptObjectError, NotModifiedError, StorageError

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.metrics import _Gauge as Gauge  # public only under this name
    from opentelemetry.trace import TracerProvider

SCOPE: Final = "ingenious_storage"

SPAN_PREFIX: Final = "ingenious.storage."
"""A span is named SPAN_PREFIX + operation, one for each attempt."""
DOCUMENT_PREFIX: Final = "ingenious.storage.document."
"""A span is named DOCUMENT_PREFIX + operation, one for each call on a document."""

ATTR_OPERATION: Final = "ingenious.storage.operation"
ATTR_BACKEND: Final = "ingenious.storage.backend"
ATTR_CONTAINER: Final = "ingenious.storage.container"
ATTR_DIRECTION: Final = "ingenious.storage.direction"
ATTR_OUTCOME: Final = "ingenious.storage.outcome"
ATTR_ERROR: Final = "error.type"

EVENT_SAVED: Final = "revision_saved"
EVENT_CONFLICT: Final = "conflict_settled"
EVENT_LOST_ANSWER: Final = "lost_answer_settled"
EVENT_BLIND: Final = "blind_overwrite"
EVENT_CORRUPT: Final = "corrupt_object_met"

_BATCH: Final = 32
_BUCKETS: Final = (
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
    30.0,
)

Attributes = Mapping[str, str]

logger = logging.getLogger(SCOPE)
# An application that has not set up logging sees nothing of ours on its standard error.
logger.addHandler(logging.NullHandler())


class Durations:
    """A histogram in seconds. What is recorded waits at first, and is told many at a time.

    One call of the SDK alone, behind a request, finds nothing of itself in the processor's caches
    and costs several times what it costs in a row.
    """

    def __init__(self, meter: Meter, name: str, description: str) -> None:
        self._waiting: deque[tuple[float, Attributes, Context]] = deque()
        self._histogram = meter.create_histogram(
            name, unit="s", description=description, explicit_bucket_boundaries_advisory=_BUCKETS
        )

    def record(self, seconds: float, attributes: Attributes) -> None:
        """`attributes` must not change any more."""
        self._waiting.append((seconds, attributes, context.get_current()))
        if len(self._waiting) >= _BATCH:
            self.settle()

    def settle(self, _options: CallbackOptions | None = None) -> Sequence[Observation]:
        with _settling:
            while self._waiting:
                seconds, attributes, place = self._waiting.popleft()
                self._histogram.record(seconds, attributes, context=place)
        return ()


class Tally:
    """A counter that adds up by itself, and says its sums when somebody exports."""

    def __init__(
        self,
        meter: Meter,
        name: str,
        unit: str,
        description: str,
        *also: Callable[[CallbackOptions], Sequence[Observation]],
    ) -> None:
        self._waiting: deque[tuple[int, Attributes]] = deque()
        self._sums: dict[tuple[tuple[str, str], ...], int] = {}
        meter.create_observable_counter(
            name, callbacks=[self.settle, *also], unit=unit, description=description
        )

    def add(self, amount: int, attributes: Attributes) -> None:
        """`attributes` must not change any more."""
        self._waiting.append((amount, attributes))
        if len(self._waiting) >= _BATCH:
            self.settle()

    def settle(self, _options: CallbackOptions | None = None) -> Sequence[Observation]:
        with _settling:
            while self._waiting:
                amount, attributes = self._waiting.popleft()
                key = tuple(attributes.items())
                self._sums[key] = self._sums.get(key, 0) + amount
            return [Observation(total, dict(key)) for key, total in self._sums.items()]


@dataclass(frozen=True, slots=True)
class Instruments:
    duration: Durations
    io_bytes: Tally
    retries: Tally
    conflicts: Tally
    revisions: Tally
    lost_answers: Tally
    blind_overwrites: Tally
    corrupt_objects: Tally
    health_up: Gauge
    health_duration: Gauge


def make_instruments(meter: Meter) -> Instruments:
    def counter(name: str, unit: str, description: str) -> Tally:
        # Any export asks every counter, before it reads the histogram.
        return Tally(meter, SPAN_PREFIX + name, unit, description, duration.settle)

    duration = Durations(
        meter,
        "ingenious.storage.operation.duration",
        "Duration of one attempt at one operation.",
    )

    return Instruments(
        duration=duration,
        io_bytes=counter("io", "By", "Bytes of blobs read and written."),
        retries=counter("retries", "{retry}", "Attempts after the first."),
        conflicts=counter(
            "conflicts",
            "{conflict}",
            "Commits that found another writer's revision and went on top of it.",
        ),
        revisions=counter("revisions", "{revision}", "Revisions saved."),
        lost_answers=counter(
            "lost_answers", "{answer}", "Commits that lost an answer, by what became of them."
        ),
        blind_overwrites=counter(
            "blind_overwrites",
            "{overwrite}",
            "Saves without `expected` on top of a revision that they had not read.",
        ),
        corrupt_objects=counter(
            "corrupt_objects", "{object}", "Objects met that are not what was written."
        ),
        health_up=meter.create_gauge(
            "ingenious.storage.health.up",
            description="1 when the last health check could read the container, else 0.",
        ),
        health_duration=meter.create_gauge(
            "ingenious.storage.health.duration",
            unit="s",
            description="Duration of the last health check.",
        ),
    )


_settling = threading.Lock()
# The API's proxies: they emit nothing until an application sets up the SDK, before or after.
_of_the_process = (trace.get_tracer(SCOPE), make_instruments(metrics.get_meter(SCOPE)))
tracer, emit = _of_the_process


def connect(tracers: TracerProvider, meters: MeterProvider) -> None:
    """Emit to these providers from now on, and no longer to those of the process."""
    global tracer, emit  # noqa: PLW0603  # one for each process, as the providers are
    tracer = trace.get_tracer(SCOPE, tracer_provider=tracers)
    emit = make_instruments(metrics.get_meter(SCOPE, meter_provider=meters))


def disconnect() -> None:
    """Emit to the providers of the process again."""
    global tracer, emit
    tracer, emit = _of_the_process


class span:  # noqa: N801  # reads as the function that it replaces
    """A span around a block, current inside it; what the block raises ends it with an error.

    As `Tracer.start_as_current_span` without its generators, and nearly free without an SDK.
    Inside a span of this process that is not kept there is none. No exception is recorded: its
    message and stack could hold a key.
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
        made: Span = trace.INVALID_SPAN
        if not place.is_valid or place.is_remote or outer.is_recording():
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
            self._span.set_attribute(ATTR_ERROR, error_type(error))
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()
        context.detach(self._token)


def error_type(error: BaseException) -> str:
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


def _unlock() -> None:
    global _settling  # noqa: PLW0603  # another thread of the parent may have held it
    _settling = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlock)
