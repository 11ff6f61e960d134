"""What became of a change whose caller was cancelled."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

import pytest

from ingenious_storage import OperationTimeoutError, UnavailableError
from ingenious_storage.aio import outcome, to_its_end
from ingenious_storage.runtime import deadlines

WAIT = 30.0


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as it takes on a busy machine; who is cut off has as long to say so."""
    monkeypatch.setattr(outcome, "PATIENCE", WAIT)
    monkeypatch.setattr(outcome, "GRACE", WAIT)


class Change:
    """One that begins, waits to be let go, and then ends as it was told."""

    def __init__(self, ends: Callable[[], object] = lambda: "made") -> None:
        self.began, self.go, self._ends = threading.Event(), threading.Event(), ends

    def __call__(self) -> object:
        self.began.set()
        assert self.go.wait(WAIT)
        return self._ends()


def until_cut_off() -> object:
    """A request that only the end of its scope ends."""
    scope = deadlines.current()
    assert scope is not None
    scope.wait(WAIT)
    deadlines.check("put", "k")
    raise AssertionError("nobody cut it off")


async def cancelled(change: Change, *, times: int = 1, go: bool = True) -> asyncio.CancelledError:
    task = asyncio.create_task(to_its_end(change))
    assert await asyncio.to_thread(change.began.wait, WAIT)
    for _ in range(times):
        task.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    if go:
        change.go.set()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    return caught.value


def test_without_a_cancellation_it_is_the_change_that_answers() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    assert asyncio.run(to_its_end(lambda: 5)) == 5
    with pytest.raises(ZeroDivisionError):
        asyncio.run(to_its_end(fail))


def test_a_change_that_was_made_says_so() -> None:
    error = asyncio.run(cancelled(Change()))
    assert error.__notes__ == ["The change was made before this was cancelled."]
    assert error.__cause__ is None


def test_an_error_says_whether_it_was_made() -> None:
    def refuse() -> None:
        raise ValueError("no")

    def lose() -> None:
        raise UnavailableError("the answer was lost")

    error = asyncio.run(cancelled(Change(refuse)))
    assert error.__notes__ == ["The change was not made."]
    assert isinstance(error.__cause__, ValueError)
    error = asyncio.run(cancelled(Change(lose)))
    assert error.__notes__ == [
        "It is not known whether the change was made: look at the document's history."
    ]
    assert isinstance(error.__cause__, UnavailableError)


def test_a_store_that_hangs_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcome, "PATIENCE", 0.1)
    began = time.monotonic()
    error = asyncio.run(cancelled(Change(until_cut_off)))
    assert time.monotonic() - began < WAIT / 2
    assert isinstance(error.__cause__, OperationTimeoutError)
    assert error.__notes__ == ["The change was not made."]


def test_a_second_cancellation_does_not_wait() -> None:
    began = time.monotonic()
    error = asyncio.run(cancelled(Change(until_cut_off), times=2))
    assert time.monotonic() - began < WAIT / 2
    assert error.__notes__ == ["The change was not made."]


def test_what_cannot_be_cut_off_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcome, "PATIENCE", 0.1)
    monkeypatch.setattr(outcome, "GRACE", 0.1)
    change = Change()
    try:
        error = asyncio.run(cancelled(change, go=False))
    finally:
        change.go.set()
    assert error.__notes__[0].startswith("It is not known")


def test_a_timeout_is_one_that_was_cancelled() -> None:
    change = Change()

    async def run() -> BaseException | None:
        threading.Timer(0.2, change.go.set).start()
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(0.05):
                await to_its_end(change)
        return caught.value.__cause__

    cause = asyncio.run(run())
    assert isinstance(cause, asyncio.CancelledError)
    assert cause.__notes__ == ["The change was made before this was cancelled."]
