"""Instruments: histograms and counters that hand over what they measured many values at a time.

One call of the SDK alone, behind a request, finds nothing of itself in the processor's caches and
costs several times what it costs in a row. Measured on Azurite, in shares of a `save_memory`: all
telemetry costs 2 %, and 3 % is the target; with the SDK's own counters it costs 8 %, with its own
histogram 7 %.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol
from weakref import WeakSet

from opentelemetry.context import Context, get_current, set_value
from opentelemetry.metrics import CallbackOptions, Meter, Observation

from ingenious_storage.runtime import forks
from ingenious_storage.telemetry.enabled import is_enabled
from ingenious_storage.telemetry.names import ATTR_CONTAINER, SPAN_PREFIX

if TYPE_CHECKING:
    from opentelemetry.metrics import _Gauge as Gauge  # public only under this name

Attributes = Mapping[str, str | int]

_BATCH: Final = 128
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
_NOWHERE: Final = set_value("ingenious_storage.untraced", value=True, context=Context())
_settling: Final = forks.new_rlock()  # one for all; a signal's handler may come in between


class Durations:
    """A histogram in seconds that gets many durations at a time, the rest before an export."""

    def __init__(
        self, meter: Meter, name: str, description: str, buckets: Sequence[float] = _BUCKETS
    ) -> None:
        self._waiting: deque[tuple[float, Attributes, Context]] = deque()
        _all.add(self)
        self._histogram = meter.create_histogram(
            name, unit="s", description=description, explicit_bucket_boundaries_advisory=buckets
        )

    def record(self, seconds: float, attributes: Attributes, *, traced: bool) -> None:
        """`attributes` must not change any more; `traced` for an example from the current trace."""
        self._waiting.append((seconds, attributes, get_current() if traced else _NOWHERE))
        if len(self._waiting) >= _BATCH:
            self.settle()

    def forget(self) -> None:
        """Drop what waits: in a forked child it is the parent's."""
        self._waiting.clear()

    def settle(self, _options: CallbackOptions | None = None) -> Sequence[Observation]:
        """Hand over what waits; as a callback of the SDK before each export."""
        with _settling:
            while self._waiting:
                seconds, attributes, place = self._waiting.popleft()
                self._histogram.record(seconds, attributes, context=place)
        return ()


class Tally:
    """A counter that adds up by itself, and says its sums when somebody exports.

    One that `falls` may be given less than 0: a level.
    """

    def __init__(
        self,
        meter: Meter,
        name: str,
        unit: str,
        description: str,
        *also: Callable[[CallbackOptions], Sequence[Observation]],
        falls: bool = False,
    ) -> None:
        self._waiting: deque[tuple[int, Attributes]] = deque()
        self._sums: dict[tuple[tuple[str, str | int], ...], int] = {}
        _all.add(self)
        create = (
            meter.create_observable_up_down_counter if falls else meter.create_observable_counter
        )
        create(name, callbacks=[self.settle, *also], unit=unit, description=description)

    def add(self, amount: int, attributes: Attributes) -> None:
        """`attributes` must not change any more."""
        if not is_enabled():
            return
        self._waiting.append((amount, attributes))
        if len(self._waiting) >= _BATCH:
            self.settle()

    def forget(self) -> None:
        """Begin at zero: in a forked child the sums are the parent's."""
        self._waiting.clear()
        self._sums.clear()

    def settle(self, _options: CallbackOptions | None = None) -> Sequence[Observation]:
        """Add up what waits; the sums, for the SDK, before each export."""
        with _settling:
            while self._waiting:
                amount, attributes = self._waiting.popleft()
                key = tuple(attributes.items())
                self._sums[key] = self._sums.get(key, 0) + amount
            return [Observation(total, dict(key)) for key, total in self._sums.items()]


class Remembering(Protocol):
    """A cache that says how much it remembers."""

    @property
    def container(self) -> str:
        """The role of the container whose blobs these are."""

    @property
    def remembered_bytes(self) -> int:
        """As they count towards its bound."""


def watch_cache(cache: Remembering) -> None:
    """Say its size at every export, for as long as it is there."""
    with _settling:
        _caches.add(cache)


def _sizes(_options: CallbackOptions) -> Sequence[Observation]:
    sums: dict[str, int] = {}
    with _settling:
        caches = list(_caches)
    for cache in caches:
        sums[cache.container] = sums.get(cache.container, 0) + cache.remembered_bytes
    return [Observation(size, {ATTR_CONTAINER: role}) for role, size in sums.items()]


@dataclass(frozen=True, slots=True)
class Instruments:
    """All instruments; docs/metrics.md says what each measures."""

    duration: Durations
    io_bytes: Tally
    retries: Tally
    conflicts: Tally
    revisions: Tally
    lost_answers: Tally
    blind_overwrites: Tally
    corrupt_objects: Tally
    cache_reads: Tally
    cache_bytes: Tally
    plain_bytes: Tally
    stored_bytes: Tally
    key_fetches: Tally
    refusals: Tally
    catalogue_documents: Tally
    catalogue_duration: Gauge
    health_up: Gauge
    health_duration: Gauge


def make_instruments(meter: Meter) -> Instruments:
    """The instruments of one meter."""

    def counter(name: str, unit: str, description: str) -> Tally:
        # Any export asks every counter, before it reads the histogram.
        return Tally(meter, SPAN_PREFIX + name, unit, description, duration.settle)

    duration = Durations(
        meter,
        "ingenious.storage.operation.duration",
        "Duration of one attempt at one operation.",
    )

    meter.create_observable_gauge(
        SPAN_PREFIX + "cache.size",
        callbacks=[_sizes],
        unit="By",
        description="Bytes of blobs that are remembered now.",
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
        cache_reads=counter("cache.reads", "{read}", "Reads of whole blobs, by who answered them."),
        cache_bytes=counter("cache.io", "By", "Bytes of blobs that were read from memory."),
        plain_bytes=counter("compression.plain", "By", "Bytes of blobs before compression."),
        stored_bytes=counter("compression.stored", "By", "Bytes of the same blobs after it."),
        key_fetches=counter("keys.fetches", "{fetch}", "Keys that were asked for, by level."),
        refusals=counter(
            "encryption.refusals", "{blob}", "Blobs that could not be unsealed, by why."
        ),
        catalogue_documents=counter(
            "catalogue.documents", "{document}", "Documents met by syncs, by what became of them."
        ),
        catalogue_duration=meter.create_gauge(
            SPAN_PREFIX + "catalogue.duration",
            unit="s",
            description="Duration of the last sync of the catalogue.",
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


_all: Final[WeakSet[Durations | Tally]] = WeakSet()
_caches: Final[WeakSet[Remembering]] = WeakSet()


def _begin_anew() -> None:
    """In a child after a fork: what the parent counted, the parent says."""
    for one in list(_all):
        one.forget()


forks.in_child(_begin_anew)
