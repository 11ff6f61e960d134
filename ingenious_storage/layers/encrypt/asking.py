"""Asking a key provider: again by our own policy, never by that of an SDK."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from ingenious_storage.errors import StorageError
from ingenious_storage.layers.retry import RetryPolicy
from ingenious_storage.runtime import deadlines

T = TypeVar("T")


def ask(
    operation: str,
    call: Callable[[], T],
    policy: RetryPolicy,
    *,
    sleep: Callable[[float], None] = deadlines.sleep,
    clock: Callable[[], float] = time.monotonic,
    uniform: Callable[[float, float], float] = random.uniform,
) -> T:
    """What `call` gives, asked again while it raises what is retryable and there is time.

    Raises: the last error; OperationTimeoutError when the caller's own time is over.
    """
    started, attempt = clock(), 0
    while True:
        deadlines.check(operation)
        attempt += 1
        try:
            return call()
        except StorageError as error:
            wait = policy.pause(attempt, error, uniform)
            in_time = policy.has_time(clock() - started, wait)
            if not error.retryable or attempt >= policy.attempts or not in_time:
                error.operation = error.operation or operation
                raise
        sleep(wait)
