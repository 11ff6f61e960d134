"""Reads through the cache: who is asked, by counts."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ingenious_storage import deadline
from ingenious_storage.backends.base import Blob, GetOptions
from ingenious_storage.errors import (
    NotFoundError,
    NotModifiedError,
    OperationTimeoutError,
    UnavailableError,
)
from tests.library.layers.cache.given import MIB, Given
from tests.support.arriving import Arrivals
from tests.support.faults import Call, Request, before


def test_each_read_asks_whether_it_has_changed() -> None:
    given = Given()
    given.store.put("k", b"one")
    assert given.cache.get("k").data == b"one"
    assert given.asked() == (1, 0)
    assert given.cache.get("k").data == b"one"
    assert given.asked() == (1, 1)
    given.store.put("k", b"two")
    assert given.cache.get("k").data == b"two"
    assert given.asked() == (1, 0)


def test_within_max_age_nobody_is_asked() -> None:
    given = Given(max_age=5)
    given.store.put("k", b"one")
    assert given.cache.get("k").data == b"one"
    given.store.put("k", b"two")
    given.clock.now += 4.9
    given.asked()
    assert given.cache.get("k").data == b"one"
    assert given.asked() == (0, 0)
    given.clock.now += 0.1
    assert given.cache.get("k").data == b"two"
    assert given.asked() == (1, 0)
    given.clock.now += 5
    assert given.cache.get("k").data == b"two"
    assert given.asked() == (1, 1)
    given.clock.now += 4.9
    given.cache.get("k")
    assert given.asked() == (0, 0)


def test_a_fresh_read_always_asks() -> None:
    given = Given(max_age=5)
    given.store.put("k", b"one")
    given.cache.get("k")
    given.store.put("k", b"two")
    given.asked()
    assert given.cache.get("k", GetOptions(fresh=True)).data == b"two"
    assert given.cache.get("k").data == b"two"
    assert given.asked() == (1, 0)
    assert given.cache.get("k", GetOptions(fresh=True)).data == b"two"
    assert given.asked() == (1, 1)


@pytest.mark.parametrize("max_age", [0, 5])
def test_a_reader_with_an_etag_is_told_that_it_has_not_changed(max_age: float) -> None:
    given = Given(max_age=max_age)
    etag = given.store.put("k", b"one").etag
    for number in range(3):  # the first time nothing is remembered but the ETag
        with pytest.raises(NotModifiedError):
            given.cache.get("k", GetOptions(if_none_match=etag))
        assert given.asked() == (1, 1) if number == 0 or not max_age else (0, 0)
    given.clock.now += 5
    given.store.put("k", b"two")
    assert given.cache.get("k", GetOptions(if_none_match=etag)).data == b"two"
    assert given.cache.get("k", GetOptions(if_none_match="other")).data == b"two"


def test_an_etag_alone_is_no_answer_to_who_has_no_data() -> None:
    given = Given(max_age=5)
    etag = given.store.put("k", b"one").etag
    with pytest.raises(NotModifiedError):
        given.cache.get("k", GetOptions(if_none_match=etag))
    assert given.cache.get("k").data == b"one"
    assert given.asked() == (2, 1)


def test_that_there_is_nothing_is_not_remembered() -> None:
    given = Given(max_age=5)
    for _ in range(2):
        with pytest.raises(NotFoundError):
            given.cache.get("k")
    assert given.asked() == (2, 0)
    given.store.put("k", b"one")
    assert given.cache.get("k").data == b"one"


def test_what_others_deleted_is_gone() -> None:
    given = Given()
    given.store.put("k", b"one")
    given.cache.get("k")
    given.store.delete("k")
    with pytest.raises(NotFoundError):
        given.cache.get("k")
    assert given.cache.remembered_bytes == 0


def test_ranges_streams_and_large_blobs_pass_by() -> None:
    given = Given(max_age=5)
    given.store.put("k", bytes(1000))
    given.store.put("large", bytes(MIB // 8))
    for _ in range(2):
        assert given.cache.get("k", GetOptions((1, 2))).data == bytes(2)
        with given.cache.open_read("k") as reader:
            assert reader.read() == bytes(1000)
        assert len(given.cache.get("large").data) == MIB // 8
    assert given.asked() == (8, 0)
    assert given.cache.remembered_bytes == 0


def held(given: Given) -> tuple[threading.Event, threading.Event]:
    """The next answer waits, and says that it does."""
    arrived, go = threading.Event(), threading.Event()

    def waits(request: Request, call: Call) -> Blob:
        try:
            return call()  # type: ignore[no-any-return]
        finally:
            arrived.set()
            assert go.wait(20)

    faults = [waits]
    given.faulty.rule = lambda _request: faults.pop() if faults else None
    return arrived, go


@pytest.mark.parametrize(("max_age", "expected"), [(5, 1), (0, 2)])
def test_sixteen_readers_are_one_request(max_age: float, expected: int) -> None:
    """Without an age those that came later share a second: what was written before is seen."""
    given = Given(max_age=max_age)
    given.store.put("k", b"one")
    given.cache.get("k")
    given.clock.now += 5
    given.asked()
    arrived, go = held(given)
    with ThreadPoolExecutor(16) as pool, Arrivals() as others_wait:
        first = pool.submit(given.cache.get, "k")
        assert arrived.wait(20)
        others = [pool.submit(given.cache.get, "k") for _ in range(15)]
        others_wait.wait(15)
        go.set()
        assert {one.result().data for one in (first, *others)} == {b"one"}
    assert given.asked()[0] == expected


def test_a_reader_never_gets_an_answer_from_before_a_write_that_it_has_seen() -> None:
    given = Given()
    given.store.put("k", b"old")
    arrived, go = held(given)
    with ThreadPoolExecutor(2) as pool, Arrivals() as late_waits:
        early = pool.submit(given.cache.get, "k")
        assert arrived.wait(20)
        given.store.put("k", b"new")  # another process
        late = pool.submit(given.cache.get, "k")
        late_waits.wait(1)
        go.set()
        assert (early.result().data, late.result().data) == (b"old", b"new")


def test_nor_one_from_before_a_write_of_its_own() -> None:
    given = Given(max_age=5)
    given.store.put("k", b"old")
    arrived, go = held(given)
    with ThreadPoolExecutor(2) as pool, Arrivals() as late_waits:
        early = pool.submit(given.cache.get, "k")
        assert arrived.wait(20)
        put_and_lose_the_answer(given, "k", b"new")  # so the key is forgotten
        late = pool.submit(given.cache.get, "k")
        late_waits.wait(1)
        go.set()
        assert (early.result().data, late.result().data) == (b"old", b"new")


def put_and_lose_the_answer(given: Given, key: str, data: bytes) -> None:
    def lands(request: Request, call: Call) -> None:
        call()
        raise UnavailableError("lost", key=request.key)

    given.faulty.rule = lambda request: lands if request.operation == "put" else None
    with pytest.raises(UnavailableError):
        given.cache.put(key, data)
    given.faulty.rule = None


def test_a_failure_is_shared_by_those_who_wait_for_it() -> None:
    given = Given(max_age=5)
    arrived, go = threading.Event(), threading.Event()

    def holds() -> None:
        arrived.set()
        assert go.wait(20)

    faults = [before(holds)]
    given.faulty.rule = lambda _request: faults.pop() if faults else None
    with ThreadPoolExecutor(8) as pool, Arrivals() as others_wait:
        first = pool.submit(given.cache.get, "missing")
        assert arrived.wait(20)
        others = [pool.submit(given.cache.get, "missing") for _ in range(7)]
        others_wait.wait(7)
        go.set()
        errors = [one.exception() for one in (first, *others)]
    assert [type(error) for error in errors] == [NotFoundError] * 8
    assert len({id(error) for error in errors}) == 8
    assert given.asked() == (1, 0)


def test_a_deadline_of_one_reader_is_not_that_of_the_others() -> None:
    given = Given(max_age=5)
    given.store.put("k", b"one")
    arrived, go = held(given)

    def hurried() -> bytes:
        with deadline(0.05):
            return given.cache.get("k").data

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(given.cache.get, "k")
        assert arrived.wait(20)
        with pytest.raises(OperationTimeoutError):
            pool.submit(hurried).result()
        go.set()
        assert first.result().data == b"one"


def test_who_waits_for_a_reader_that_had_no_time_asks_itself() -> None:
    given = Given(max_age=5)
    given.store.put("k", b"one")
    arrived, go = threading.Event(), threading.Event()

    def times_out(request: Request, call: Call) -> Blob:
        arrived.set()
        assert go.wait(20)
        time.sleep(0.1)
        raise OperationTimeoutError("its caller's", key=request.key, operation="get")

    faults = [times_out]
    given.faulty.rule = lambda _request: faults.pop() if faults else None

    def hurried() -> bytes:
        with deadline(0.05):
            return given.cache.get("k").data

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(hurried)
        assert arrived.wait(20)
        other = pool.submit(given.cache.get, "k")
        go.set()
        assert isinstance(first.exception(), OperationTimeoutError)
        assert other.result().data == b"one"


def test_a_read_that_a_write_overtook_is_not_remembered() -> None:
    given = Given(max_age=5)
    given.store.put("k", b"old")
    inside = before(lambda: given.cache.put("k", b"new"))
    hooks = [inside]
    given.faulty.rule = lambda request: hooks.pop() if hooks else None
    # The write happens between the reader's question and the store's answer.
    given.cache.get("k")
    assert given.cache.get("k").data == b"new"
