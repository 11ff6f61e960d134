"""Turns: one thread at a time asks for the same keys, for as long as its caller has time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ingenious_storage.errors import OperationTimeoutError
from ingenious_storage.runtime import deadlines


@contextmanager
def turn(lock: threading.Lock) -> Iterator[None]:
    """Hold `lock`. Raises: OperationTimeoutError when the caller's deadline passes before."""
    if not deadlines.acquire(lock):
        raise deadlines.overdue(
            OperationTimeoutError("another thread is loading the key", outcome_unknown=False)
        )
    try:
        yield
    finally:
        lock.release()
