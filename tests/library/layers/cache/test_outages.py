"""A store that is down: who is answered from memory, how soon, and who is not."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ingenious_storage import deadline
from ingenious_storage.backends.base import GetOptions
from ingenious_storage.errors import (
    AuthenticationError,
    ContainerNotFoundError,
    KeyRefusedError,
    KeyUnavailableError,
    NotEncryptedError,
    OperationTimeoutError,
    PermissionDeniedError,
    StorageError,
    ThrottledError,
    UnavailableError,
    UnsupportedFormatError,
)
from ingenious_storage.layers.cache import layer as cache_layer
from ingenious_storage.layers.cache.layer import CacheLayer
from ingenious_storage.layers.retry import RetryLayer, RetryPolicy
from ingenious_storage.runtime import deadlines
from tests.library.layers.cache.given import Given
from tests.support.faults import Call, Request
from tests.support.telemetry import Watch, watching


@pytest.fixture
def given() -> Given:
    given = Given(stale_if_error=30)
    for key in ("k", "other"):
        given.store.put(key, b"one")
        given.cache.get(key)
    given.asked()
    return given


@pytest.fixture
def watch() -> Iterator[Watch]:
    with watching() as watch:
        yield watch


def test_reads_go_on_and_the_store_is_asked_once_a_second(given: Given) -> None:
    given.goes_down()
    for _ in range(50):
        assert given.cache.get("k").data == given.cache.get("other").data == b"one"
    assert given.asked() == (1, 0)
    for _ in range(5):
        given.clock.now += 1
        for _ in range(20):
            assert given.cache.get("k").data == b"one"
    assert given.asked() == (5, 0)


def test_after_it_each_read_asks_again(given: Given) -> None:
    given.goes_down()
    given.cache.get("k")
    given.comes_back()
    given.store.put("k", b"two")
    assert given.cache.get("k").data == b"one"  # nobody knows yet
    given.clock.now += 1
    assert given.cache.get("k").data == b"two"
    given.store.put("other", b"two")
    assert given.cache.get("other").data == b"two"


def test_nothing_is_shown_that_is_too_old(given: Given) -> None:
    given.goes_down()
    given.clock.now += 29.9
    assert given.cache.get("k").data == b"one"
    given.clock.now += 0.1
    with pytest.raises(UnavailableError):
        given.cache.get("k")


def test_without_the_option_reads_fail() -> None:
    given = Given()
    given.store.put("k", b"one")
    given.cache.get("k")
    given.goes_down()
    with pytest.raises(UnavailableError):
        given.cache.get("k")


def test_writes_fresh_reads_and_unknown_blobs_fail(given: Given) -> None:
    given.goes_down()
    given.cache.get("k")
    with pytest.raises(UnavailableError):
        given.cache.get("k", GetOptions(fresh=True))
    with pytest.raises(UnavailableError):
        given.cache.get("never read")
    assert given.cache.get("other").data == b"one"
    with pytest.raises(UnavailableError):
        given.cache.put("k", b"two")
    with pytest.raises(UnavailableError):  # what became of that write, nobody knows
        given.cache.get("k")


@pytest.mark.parametrize("kind", [UnavailableError, OperationTimeoutError, ThrottledError])
def test_only_an_outage_is_bridged(given: Given, kind: type[UnavailableError]) -> None:
    def fails(request: Request, call: Call) -> Any:
        raise kind("not now", key=request.key)

    given.faulty.rule = lambda _request: fails
    assert given.cache.get("k").data == b"one"


@pytest.mark.parametrize(
    ("kind", "forgets"),
    [
        (PermissionDeniedError, True),
        (UnsupportedFormatError, True),
        (ContainerNotFoundError, True),
        (NotEncryptedError, True),
        (AuthenticationError, False),
        (KeyRefusedError, False),
        (KeyUnavailableError, False),
    ],
)
def test_a_store_that_refuses_is_not_down(
    given: Given, kind: type[StorageError], *, forgets: bool
) -> None:
    """Also behind an outage each read is told so, and not one a second."""

    def refuses(request: Request, call: Call) -> Any:
        raise kind("refused")

    given.goes_down()
    assert given.cache.get("k").data == b"one"
    given.clock.now += 1
    given.faulty.rule = lambda _request: refuses
    for _ in range(3):
        with pytest.raises(kind):
            given.cache.get("k")
    given.goes_down()
    if forgets:
        with pytest.raises(UnavailableError):
            given.cache.get("k")
    else:
        assert given.cache.get("k").data == b"one"


def test_it_is_said_in_the_log_once_and_counted(
    given: Given, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "ingenious_storage")
    for outages in (1, 2):
        given.goes_down()
        for _ in range(10):
            given.cache.get("k")
        given.comes_back()
        given.clock.now += 1
        given.cache.get("k")
        assert len(caplog.records) == outages
    counts = {point["outcome"]: value for point, value in watch.points("cache.reads")}
    assert counts == {"stale": 20, "revalidated": 2}


def test_who_gave_no_time_says_nothing_of_the_store(given: Given) -> None:
    """It is answered all the same, and the next one asks."""

    def takes_time(request: Request, call: Call) -> Any:
        time.sleep(0.02)
        raise OperationTimeoutError("its caller's", key=request.key)

    given.faulty.rule = lambda _request: takes_time
    for _ in range(3):
        with deadline(0.01):
            assert given.cache.get("k").data == b"one"
    assert given.asked() == (3, 0)


def test_a_read_does_not_wait_for_the_retries_beneath() -> None:
    given, tries = Given(), 0

    def fails(request: Request, call: Call) -> Any:
        nonlocal tries
        tries += 1
        if tries == 3:
            scope = deadlines.current()
            assert scope is not None
            assert scope.seconds == cache_layer._PATIENCE
            scope.expire()
        raise UnavailableError("down", key=request.key)

    retries = RetryLayer(given.requests, RetryPolicy(attempts=10_000, deadline=3600, cap=0.01))
    cache = CacheLayer(retries, max_bytes=10**6, stale_if_error=3600)
    given.store.put("k", b"one")
    cache.get("k")
    given.faulty.rule = lambda _request: fails
    for _ in range(100):
        assert cache.get("k").data == b"one"
    assert tries == 3
