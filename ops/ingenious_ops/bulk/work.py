"""The boundary of bulk work: what is done with each range, who does it, and what came of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from ingenious_ops.bulk.ranges import Range
from ingenious_storage.errors import StorageError


@dataclass(frozen=True, slots=True)
class Work:
    """A function that any worker can import, and the data that it needs beside a range.

    Any range may be given to a worker more than once, also while a first worker is still at it:
    what the function does has to be harmless when it is repeated.

    Attributes:
        function: of a module, called as `function(data, range)`. What it returns travels back.
        data: plain; see `packing.pack`.
    """

    function: Callable[[Any, Range], Any]
    data: Any = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A range that is done, or failed with an error of this library."""

    range: Range
    result: Any = None
    error: StorageError | None = None


@dataclass(frozen=True, slots=True)
class Death:
    """A worker that is gone."""

    worker: str
    reason: str
    range: Range | None = None
    """What it was at, where that is known: another worker gets it."""


def never() -> bool:
    """For `stopped`: nobody asks for the end."""
    return False


def unheard(_death: Death) -> None:
    """For `on_death`: nobody listens."""


class Executor(ABC):
    """Does work on ranges. A context manager, whose end gives its workers back."""

    @abstractmethod
    def run(
        self,
        work: Work,
        ranges: Iterable[Range],
        *,
        stopped: Callable[[], bool] = never,
        on_death: Callable[[Death], None] = unheard,
    ) -> Iterator[Outcome]:
        """What came of each range, as it comes; few ranges are taken ahead of it.

        Once `stopped` says so, no range begins, and none that is not over in a second is waited
        for: its journal shows how far it came. To leave the iterator early stops it too.

        Raises: WorkError before anything runs; RangeLostError; WorkerFailedError; on a cluster
            WorkerVersionError, SchedulerError and SchedulerLostError.
        """

    def close(self) -> None:
        """End the workers, if they are this executor's own; more than once is fine."""
        return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def perform(work: Work, range_: Range) -> Outcome:
    """Do it here. Raises what the function raises that is no StorageError."""
    try:
        return Outcome(range_, work.function(work.data, range_))
    except StorageError as error:
        return Outcome(range_, error=error)
