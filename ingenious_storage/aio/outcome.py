"""Outcomes: what became of a change whose caller was cancelled, by a timeout for instance.

An adapter's framework writes without being told by its user; who cancels it must not be left with
a message that may or may not be there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeVar

from ingenious_storage.aio.threads import GRACE, run_in
from ingenious_storage.errors import StorageError
from ingenious_storage.runtime import deadlines

R = TypeVar("R")

PATIENCE: Final = 2.0
"""Seconds that a change has to end, once its caller was cancelled, before its request is cut off: a
store that works answers in far less."""
_MADE: Final = "The change was made before this was cancelled."
_NOT_MADE: Final = "The change was not made."
_UNKNOWN: Final = "It is not known whether the change was made: look at the document's history."


async def to_its_end(work: Callable[[], R]) -> R:
    """As `in_thread`, for a change; cancelled, it waits for the outcome, and then is cancelled.

    The CancelledError has a note that says whether the change was made, and the error that the
    change ended with as its cause. It waits `PATIENCE` seconds at most, or until it is cancelled
    again; then the request that is under way is cut off.
    """
    with deadlines.opened() as scope:
        change = asyncio.ensure_future(run_in(scope, work))
        try:
            await asyncio.wait([change])
        except asyncio.CancelledError as cancelled:
            await _ended(change, scope)
            error = _error_of(change)
            cancelled.add_note(_told(change, error))
            raise cancelled from error
        return change.result()


async def _ended(change: asyncio.Task[R], scope: deadlines.Scope) -> None:
    """Wait for the change; a second cancellation ends the patience, and the first is raised."""
    with suppress(asyncio.CancelledError):
        await asyncio.wait([change], timeout=PATIENCE)
    if not change.done():
        scope.expire()
        with suppress(asyncio.CancelledError):
            await asyncio.wait([change], timeout=GRACE)
    if not change.done():  # its thread is in code that nobody can cut off
        change.cancel()


def _error_of(change: asyncio.Task[R]) -> BaseException | None:
    return change.exception() if change.done() and not change.cancelled() else None


def _told(change: asyncio.Task[R], error: BaseException | None) -> str:
    if not change.done() or change.cancelled():
        return _UNKNOWN
    if error is None:
        return _MADE
    unknown = isinstance(error, StorageError) and error.outcome_unknown
    return _UNKNOWN if unknown else _NOT_MADE
