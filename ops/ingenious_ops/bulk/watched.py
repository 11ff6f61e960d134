"""Telemetry of bulk work: what became of ranges, and which workers are gone.

It is counted by the process that gives the work out. Workers emit nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, cast

from opentelemetry.metrics import MeterProvider, get_meter

from ingenious_ops.bulk.ranges import Range
from ingenious_ops.bulk.work import Death, Executor, Outcome, Work, never, unheard
from ingenious_storage import telemetry
from ingenious_storage.telemetry import Tally

RANGES: Final = "ingenious.storage.bulk.ranges"
KEYS: Final = "ingenious.storage.bulk.keys"
DEATHS: Final = "ingenious.storage.bulk.deaths"
ATTR_EXECUTOR: Final = "ingenious.storage.executor"


@dataclass(frozen=True, slots=True)
class Instruments:
    """All instruments of bulk work; docs/metrics.md says what each measures."""

    ranges: Tally
    keys: Tally
    deaths: Tally


class Watched(Executor):
    """An executor whose outcomes are counted under its `name`."""

    def __init__(self, inner: Executor, name: str) -> None:
        self._inner = inner
        self._attributes = {ATTR_EXECUTOR: name}

    def run(
        self,
        work: Work,
        ranges: Iterable[Range],
        *,
        stopped: Callable[[], bool] = never,
        on_death: Callable[[Death], None] = unheard,
    ) -> Iterator[Outcome]:
        emit = _instruments(telemetry.meter_provider)

        def count_death(death: Death) -> None:
            emit.deaths.add(1, self._attributes)
            on_death(death)

        outcomes = self._inner.run(work, ranges, stopped=stopped, on_death=count_death)
        with closing(cast("Generator[Outcome]", outcomes)):  # what is left of it is stopped
            for outcome in outcomes:
                self._count(emit, outcome)
                yield outcome

    def close(self) -> None:
        self._inner.close()

    def _count(self, emit: Instruments, outcome: Outcome) -> None:
        if outcome.error is None:
            emit.ranges.add(1, self._attributes)
            emit.keys.add(outcome.range.count, self._attributes)
        else:
            failed = {**self._attributes, telemetry.ATTR_ERROR: outcome.error.code}
            emit.ranges.add(1, failed)


@lru_cache(maxsize=8)  # a process has one or two; a second time would be a second instrument
def _instruments(meters: MeterProvider | None) -> Instruments:
    meter = get_meter(telemetry.SCOPE, meter_provider=meters)
    return Instruments(
        Tally(meter, RANGES, "{range}", "Ranges of bulk work that ended, or failed."),
        Tally(meter, KEYS, "{key}", "Keys of the ranges that are done."),
        Tally(meter, DEATHS, "{worker}", "Workers that died, or left the cluster, while at work."),
    )
