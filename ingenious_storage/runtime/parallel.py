"""Parallel calls: the same call for many items at once, on a bounded number of threads.

What is raised where the results are taken, Ctrl-C too, cuts off the calls that have begun, and no
other begins.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from functools import partial
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeVar

from ingenious_storage.errors import OperationTimeoutError, StorageError
from ingenious_storage.runtime import deadlines
from ingenious_storage.runtime.workers import Pool

A = TypeVar("A")
R = TypeVar("R")
WORKERS: Final = 16
"""Calls at once of which each waits, for a network or a disk."""
_PATIENCE: Final = 1.0
"""Seconds that calls have to end in once they are cut off; then nobody waits for them."""
_BATCH: Final = 8
"""Items that a thread takes at once from a stream: handing over costs as much as a small read."""
_BATCHES_AHEAD: Final = 4


def map_all(call: Callable[[A], R], items: Iterable[A], *, workers: int) -> list[R | StorageError]:
    """The result or the StorageError of each item, in order; anything else is raised."""
    work = list(items)
    found = dict(each(call, work, workers=workers))
    return [found[number] for number in range(len(work))]


def results_of(call: Callable[[A], R], items: Iterable[A], *, workers: int) -> list[R]:
    """The result of each item, in order. Raises: the first StorageError, after all were tried."""
    return [*_good(map_all(call, items, workers=workers))]


def each(
    call: Callable[[A], R], items: Sequence[A], *, workers: int
) -> Iterator[tuple[int, R | StorageError]]:
    """The number of each item and what came of it, as soon as it is there."""
    one = partial(_result, call)
    if len(items) <= 1 or workers <= 1:
        yield from ((number, one(item)) for number, item in enumerate(items))
        return
    done: SimpleQueue[tuple[int, Future[R | StorageError]]] = SimpleQueue()
    with _crew(min(workers, len(items))) as crew:
        for number, item in enumerate(items):
            future = crew.submit(partial(one, item))
            future.add_done_callback(partial(_put, done, number))
        for _ in items:
            try:
                number, future = done.get(timeout=crew.patience)
            except Empty:
                raise crew.late() from None
            yield number, future.result()


def map_stream(
    call: Callable[[A], R],
    items: Iterable[A],
    *,
    workers: int,
    batch: int = _BATCH,
    held: int | None = None,
) -> Iterator[R]:
    """The results in order, of any number of items: only a few are held at a time.

    What `call` raises is raised when its turn comes, and nothing more is begun.

    Args:
        workers: threads; with 1 the caller's own, unless `held` says how far ahead another one is.
        batch: items that a thread takes at once.
        held: batches that are taken from `items` before the first result is waited for; None for
            some more than there are threads.
    """

    def work(taken: list[A]) -> list[R]:
        return [call(item) for item in taken]

    if workers <= 1 and held is None:
        yield from (call(item) for item in items)  # `map` would end at a StopIteration of `call`
        return
    source, waiting = iter(items), deque[Future[list[R]]]()
    most = _BATCHES_AHEAD * workers if held is None else held
    with _crew(workers) as crew:
        while taken := list(islice(source, batch)):
            waiting.append(crew.submit(partial(work, taken)))
            if len(waiting) >= most:
                yield from crew.result(waiting.popleft())
        while waiting:
            yield from crew.result(waiting.popleft())


def _result(call: Callable[[A], R], item: A) -> R | StorageError:
    try:
        return call(item)
    except StorageError as error:
        return error


def _good(results: Iterable[R | StorageError]) -> Iterator[R]:
    for result in results:
        if isinstance(result, StorageError):
            raise result
        yield result


def _put(queue: SimpleQueue[tuple[int, Future[Any]]], number: int, future: Future[Any]) -> None:
    queue.put((number, future))


class _Crew:
    """Threads within a scope. They are daemons: what hangs holds up no process."""

    def __init__(self, pool: Pool, scope: deadlines.Scope) -> None:
        self._pool, self._scope = pool, scope
        self._open: set[Future[Any]] = set()

    @property
    def patience(self) -> float | None:
        """Seconds to wait for what has begun; None without a deadline."""
        left = self._scope.remaining
        return None if left is None else left + _PATIENCE

    def submit(self, call: Callable[[], R]) -> Future[R]:
        future: Future[R] = self._pool.submit(partial(self._scope.context().run, call))
        self._open.add(future)
        future.add_done_callback(self._open.discard)
        return future

    def result(self, future: Future[R]) -> R:
        wait((future,), self.patience)
        if not future.done():
            raise self.late()
        return future.result()

    def late(self) -> OperationTimeoutError:
        return OperationTimeoutError(
            f"a call has not ended, although {self._scope.reason}",
            hint=deadlines.HINT,
            retryable=False,
        )

    def cut_off(self) -> None:
        self._scope.expire()
        wait([each for each in list(self._open) if not self._pool.give_up(each)], _PATIENCE)


@contextmanager
def _crew(threads: int) -> Iterator[_Crew]:
    with deadlines.nested() as scope, Pool(threads, "ingenious-storage") as pool:
        crew = _Crew(pool, scope)
        try:
            yield crew
        except BaseException:
            crew.cut_off()
            raise
