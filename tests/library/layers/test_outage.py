"""A store that is away for a while, on a clock of the test's own."""

from __future__ import annotations

import logging
import random
import re

import pytest

from ingenious_storage import OperationTimeoutError, deadline
from ingenious_storage.backends.base import (
    GET_DEFAULTS,
    PUT_DEFAULTS,
    Blob,
    BlobInfo,
    GetOptions,
    IfAbsent,
    PutOptions,
)
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.errors import (
    AlreadyExistsError,
    StorageError,
    ThrottledError,
    UnavailableError,
)
from ingenious_storage.layers.retry import RetryBudget, RetryLayer, RetryPolicy
from ingenious_storage.runtime import deadlines


class Away(InMemoryBackend):
    """Refuses connections until `back`, by a clock that only pauses move."""

    def __init__(self, back: float) -> None:
        super().__init__()
        self.time, self.back, self.sent = 0.0, back, 0
        self.put("k", b"v")

    def get(self, key: str, options: GetOptions = GET_DEFAULTS) -> Blob:
        self.sent += 1
        if self.time < self.back:
            raise UnavailableError("connection refused", outcome_unknown=False)
        return super().get(key, options)

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def layer(self, seed: int, budget: RetryBudget | None = None) -> RetryLayer:
        return RetryLayer(
            self,
            budget=budget or RetryBudget(per_second=10, clock=lambda: self.time),
            sleep=self.sleep,
            clock=lambda: self.time,
            uniform=random.Random(seed).uniform,
        )


@pytest.mark.parametrize("seed", range(50))
def test_an_outage_of_ten_seconds_is_ridden_out_by_default(seed: int) -> None:
    store = Away(back=10)
    assert store.layer(seed).get("k").data == b"v"
    assert 10 <= store.time <= 10 + RetryPolicy().cap
    assert store.sent <= 40


def test_one_that_lasts_ends_at_the_deadline() -> None:
    store = Away(back=10_000)
    with pytest.raises(UnavailableError):
        store.layer(1).get("k")
    assert 60 - 2 * RetryPolicy().cap <= store.time <= 60


def test_who_finds_the_budget_spent_waits_instead_of_sending() -> None:
    """Of many callers in an outage few send, and all are served when it is over."""
    store = Away(back=10)
    budget = RetryBudget(capacity=5, per_second=1, clock=lambda: store.time)
    assert store.layer(1, budget).get("k").data == b"v"
    assert store.sent <= 1 + 5 + store.time


def test_the_time_refills_the_budget_up_to_its_capacity() -> None:
    now = [0.0]
    budget = RetryBudget(capacity=3, per_second=2, clock=lambda: now[0])
    assert [budget.take() for _ in range(4)] == [True, True, True, False]
    now[0] = 1.0
    assert [budget.take() for _ in range(3)] == [True, True, False]
    now[0] = 100.0
    assert [budget.take() for _ in range(4)] == [True, True, True, False]


def test_an_outage_is_told_of_once_and_when_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    store = Away(back=10)
    with caplog.at_level(logging.INFO, "ingenious_storage"):
        layer = store.layer(1)
        layer.get("k")
        away, back = [record.getMessage() for record in caplog.records]
        told = (
            r"the store does not serve get now \(unavailable\); trying again, for 5[89] s at most"
        )
        assert re.fullmatch(told, away)
        assert back == f"the store answers again, after {store.time:.1f} s"
        caplog.clear()
        layer.get("k")
        assert not caplog.records


def test_a_hiccup_is_not_told_of(caplog: pytest.LogCaptureFixture) -> None:
    store = Away(back=0.2)
    with caplog.at_level(logging.INFO, "ingenious_storage"):
        store.layer(1).get("k")
    assert not caplog.records


def raising(error: StorageError) -> RetryLayer:
    class Broken(InMemoryBackend):
        def get(self, key: str, options: GetOptions = GET_DEFAULTS) -> Blob:
            raise error

    return RetryLayer(Broken(), sleep=deadlines.sleep, uniform=lambda low, high: high)


def test_no_pause_begins_that_the_caller_has_no_time_for() -> None:
    with deadline(30), pytest.raises(ThrottledError):
        raising(ThrottledError("busy", retry_after=40)).get("k")


def test_the_callers_deadline_ends_the_tries_and_says_so() -> None:
    with deadline(0.3), pytest.raises((OperationTimeoutError, UnavailableError)):
        raising(UnavailableError("away", outcome_unknown=False)).get("k")


def test_nothing_is_sent_after_the_callers_deadline() -> None:
    store = Away(back=0)
    with deadline(0), pytest.raises(OperationTimeoutError) as caught:
        store.layer(1).get("k")
    assert store.sent == 0
    assert not caught.value.outcome_unknown


def test_a_failure_that_the_deadline_brought_about_is_told_as_such() -> None:
    class Cut(InMemoryBackend):
        def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
            deadlines.sleep(60)
            raise UnavailableError("connection reset")

    with deadline(0.5), pytest.raises(OperationTimeoutError) as caught:
        RetryLayer(Cut()).put("k", b"v")
    error = caught.value
    assert error.message == (
        "connection reset; the deadline of 0.5 s, given by its caller, has passed"
    )
    assert (error.outcome_unknown, error.retryable) == (True, False)
    assert isinstance(error.__cause__, UnavailableError)


def test_an_absent_only_write_whose_first_answer_was_lost_is_in_doubt() -> None:
    """It may be ours that exists already: nobody may take the answer for a refusal."""

    class Lost(InMemoryBackend):
        lost = False

        def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
            info = super().put(key, data, options)
            if not self.lost:
                self.lost = True
                raise OperationTimeoutError("lost")
            return info

    layer = RetryLayer(Lost(), sleep=lambda _seconds: None)
    with pytest.raises(AlreadyExistsError) as caught:
        layer.put("k", b"v", PutOptions(condition=IfAbsent()))
    assert caught.value.outcome_unknown
    assert layer.get("k").data == b"v"
    with pytest.raises(AlreadyExistsError) as caught:
        layer.put("k", b"v", PutOptions(condition=IfAbsent()))
    assert not caught.value.outcome_unknown
