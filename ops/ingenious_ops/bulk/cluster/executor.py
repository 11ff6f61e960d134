"""The executor of a cluster: one task of Dask for each range.

A task here has effects, which Dask does not expect: it takes equal calls for one, gives the task of
a worker that died to another up to `allowed-failures` times, and forgets what ran when it loses the
scheduler. So the calls are impure, their keys are ours, and what a range does bears repetition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Final
from uuid import uuid4

from ingenious_ops.bulk.answers import read
from ingenious_ops.bulk.cluster import versions
from ingenious_ops.bulk.cluster.connection import connect
from ingenious_ops.bulk.cluster.roll import Roll
from ingenious_ops.bulk.cluster.task import run_range
from ingenious_ops.bulk.ending import TICK, Ending
from ingenious_ops.bulk.errors import RangeLostError, SchedulerLostError, WorkerFailedError
from ingenious_ops.bulk.packing import pack
from ingenious_ops.bulk.ranges import Range
from ingenious_ops.bulk.work import Death, Executor, Outcome, Work, never, unheard
from ingenious_ops.extras import needs_extra
from ingenious_storage.errors import StorageError

with needs_extra("dask", "distributed", "dask"):
    from distributed import CancelledError, KilledWorker

_AHEAD: Final = 2
"""Tasks for each thread of the cluster that the scheduler knows of."""


class Cluster(Executor):
    """The workers of the scheduler at `address`, such as `tls://scheduler:8786`.

    Raises: ExtraMissingError, SchedulerError, WorkerVersionError.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._client = connect(address)

    def run(
        self,
        work: Work,
        ranges: Iterable[Range],
        *,
        stopped: Callable[[], bool] = never,
        on_death: Callable[[Death], None] = unheard,
    ) -> Iterator[Outcome]:
        pack(work)
        roll = Roll(self._client, self._address, on_death)
        tasks = _Tasks(self._client, work)
        source, ending = iter(ranges), Ending(stopped)
        try:
            while True:
                if not ending.is_asked():
                    tasks.fill(source, _AHEAD * roll.threads)
                if not tasks.open or ending.is_over():
                    return
                if (future := tasks.next_done()) is not None:
                    yield self._outcome(future, tasks.open.pop(future.key)[1])
                roll.look()
        finally:
            tasks.cancel()

    def close(self) -> None:
        """Leave the scheduler; its workers stay."""
        self._client.close()

    def _outcome(self, future: Any, range_: Range) -> Outcome:
        try:
            answer = future.result()
        except StorageError:  # of `run_range` itself
            raise
        except CancelledError:
            raise SchedulerLostError(
                f"the connection to the scheduler at {self._address} was lost"
            ) from None
        except KilledWorker as error:
            raise RangeLostError(
                f"{range_} has cost {error.allowed_failures + 1} workers: the last was "
                f"{error.last_worker.address}"
            ) from None
        except Exception as error:
            raise WorkerFailedError(f"{range_} failed: {type(error).__name__}: {error}") from error
        return read(answer).outcome(range_)


@dataclass
class _Tasks:
    """Those that the scheduler knows of."""

    client: Any
    work: Work
    run: str = field(default_factory=lambda: uuid4().hex)
    expected: Mapping[str, str] = field(default_factory=versions.own)
    open: dict[str, tuple[Any, Range]] = field(default_factory=dict)
    _done: SimpleQueue[Any] = field(default_factory=SimpleQueue)

    def fill(self, source: Iterator[Range], most: int) -> None:
        """Submit until there are `most`, or no more ranges."""
        while len(self.open) < most and (range_ := next(source, None)) is not None:
            future = self.client.submit(
                run_range,
                self.expected,
                # As bytes: Dask would look into collections for the keys of its own.
                pack((self.work, range_)),
                key=f"ingenious-bulk-{self.run}-{range_.number}",
                pure=False,
                retries=0,
            )
            self.open[future.key] = future, range_
            future.add_done_callback(self._done.put)

    def next_done(self) -> Any:
        """A future that has ended, in whatever way; None when none does for a moment."""
        try:
            return self._done.get(timeout=TICK)
        except Empty:
            return None

    def cancel(self) -> None:
        """Begin none of those that are open; what a worker has begun it finishes."""
        if self.open and self.client.status == "running":
            with suppress(OSError, TimeoutError):
                self.client.cancel([future for future, _ in self.open.values()], force=True)
