"""Threads: calls that an event loop awaits run in a bounded pool of them, not in the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import Final, TypeVar

from ingenious_storage.errors import OperationTimeoutError
from ingenious_storage.runtime import deadlines
from ingenious_storage.runtime.workers import Pool

R = TypeVar("R")

THREADS: Final = 32
GRACE: Final = 0.5
"""Seconds that a call has, after its deadline, to say itself what has become of it."""
_pool: Final = Pool(THREADS, "ingenious-storage-aio")


async def in_thread(work: Callable[[], R]) -> R:
    """What `work` returns or raises; it runs in a thread of the pool, as the twins' calls do."""
    with deadlines.opened() as scope:
        return await run_in(scope, work)


async def run_in(scope: deadlines.Scope, work: Callable[[], R]) -> R:
    """As `in_thread`, in the scope that is open."""
    future = _pool.submit(partial(copy_context().run, work))
    answer: asyncio.Future[R] = asyncio.wrap_future(future)
    left = scope.remaining
    try:
        if left is None:
            return await answer
        await asyncio.wait([answer], timeout=left + GRACE)
    except asyncio.CancelledError:
        scope.expire()
        _pool.give_up(future)
        raise
    if answer.done():
        return answer.result()
    scope.expire()
    never_begun = _pool.give_up(future)
    state = "it was not begun, as all threads are busy" if never_begun else "it has not ended"
    raise OperationTimeoutError(
        f"{state}; {scope.reason}",
        hint=deadlines.HINT,
        retryable=False,
        outcome_unknown=not never_begun,
    )
