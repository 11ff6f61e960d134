"""Bulk work on threads of this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import takewhile

from ingenious_ops.bulk.packing import pack
from ingenious_ops.bulk.ranges import Range
from ingenious_ops.bulk.work import Death, Executor, Outcome, Work, never, perform, unheard
from ingenious_storage.runtime.parallel import map_stream

_AHEAD = 2
"""Ranges for each thread that are taken before the first is done."""


class Threads(Executor):
    """`workers` ranges at once. What the others refuse is refused here too."""

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def run(
        self,
        work: Work,
        ranges: Iterable[Range],
        *,
        stopped: Callable[[], bool] = never,
        on_death: Callable[[Death], None] = unheard,
    ) -> Iterator[Outcome]:
        pack(work)
        wanted = takewhile(lambda _range: not stopped(), ranges)
        held = _AHEAD * self._workers
        call = partial(perform, work)
        yield from map_stream(call, wanted, workers=self._workers, batch=1, held=held)
