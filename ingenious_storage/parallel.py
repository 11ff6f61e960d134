"""The same call for many items at once, on a bounded pool of threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from itertools import islice
from typing import Final, TypeVar

from ingenious_storage.errors import StorageError

A = TypeVar("A")
R = TypeVar("R")
_BATCH: Final = 8
"""Items that a thread takes at once from a stream: handing over costs as much as a small read."""
_BATCHES_AHEAD: Final = 4


def map_all(call: Callable[[A], R], items: Iterable[A], *, workers: int) -> list[R | StorageError]:
    """The result or the StorageError of each item, in order; anything else is raised.

    A pool for each call costs little beside the requests, and survives a fork.
    """

    def one(item: A) -> R | StorageError:
        try:
            return call(item)
        except StorageError as error:
            return error

    work = list(items)
    if len(work) <= 1 or workers <= 1:
        return [one(item) for item in work]
    with ThreadPoolExecutor(min(workers, len(work)), "ingenious-storage") as pool:
        try:
            futures = [pool.submit(copy_context().run, one, item) for item in work]
            return [future.result() for future in futures]
        except BaseException:  # Ctrl-C too: what has not begun does not begin any more
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def map_stream(call: Callable[[A], R], items: Iterable[A], *, workers: int) -> Iterator[R]:
    """The results in order, of any number of items: only a few are held at a time.

    What `call` raises is raised when its turn comes, and nothing more is begun.
    """

    def batch(taken: list[A]) -> list[R]:
        return [call(item) for item in taken]

    source, waiting = iter(items), deque[Future[list[R]]]()
    with ThreadPoolExecutor(workers, "ingenious-storage") as pool:
        try:
            while taken := list(islice(source, _BATCH)):
                waiting.append(pool.submit(copy_context().run, batch, taken))
                if len(waiting) >= _BATCHES_AHEAD * workers:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
