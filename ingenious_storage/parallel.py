"""The same call for many items at once, on a bounded pool of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from ingenious_storage.errors import StorageError

A = TypeVar("A")
R = TypeVar("R")


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
