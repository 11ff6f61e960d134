"""Writes through the cache: what they leave behind."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from ingenious_storage.backends.base import (
    GetOptions,
    IfAbsent,
    IfMatch,
    Properties,
    PutOptions,
)
from ingenious_storage.errors import NotFoundError, NotModifiedError, StorageError
from tests.library.layers.cache.given import Given
from tests.support.faults import Call, Request, lost, refused


@pytest.fixture
def given() -> Given:
    return Given(max_age=5)


def test_what_was_written_is_read_without_a_request(given: Given) -> None:
    info = given.cache.put("k", b"one", PutOptions("text/plain"))
    given.asked()
    blob = given.cache.get("k")
    with pytest.raises(NotModifiedError):
        given.cache.get("k", GetOptions(if_none_match=info.etag))
    assert given.asked() == (0, 0)
    assert blob == given.store.get("k")
    given.cache.put("k", b"two", PutOptions(condition=IfMatch(info.etag)))
    assert given.cache.get("k").data == b"two"
    assert given.asked() == (1, 0)


def test_its_age_counts_from_before_it_was_sent(given: Given) -> None:
    def takes_time(request: Request, call: Call) -> object:
        answer = call()
        given.clock.now += 4
        return answer

    given.faulty.rule = lambda _request: takes_time
    given.cache.put("k", b"one")
    given.faulty.rule = None
    given.store.put("k", b"two")
    given.clock.now += 1
    assert given.cache.get("k").data == b"two"


def test_of_what_has_properties_the_store_knows_more(given: Given) -> None:
    options = PutOptions(properties=Properties(metadata={"Mixed": "Case"}))
    given.cache.put("k", b"one", options)
    assert given.cache.get("k") == given.store.get("k")
    assert given.asked() == (2, 0)


WRITES: dict[str, Callable[[Given], object]] = {
    "put": lambda given: given.cache.put("k", b"new"),
    "put_if_absent": lambda given: given.cache.put("k", b"new", PutOptions(condition=IfAbsent())),
    "put_if_match": lambda given: given.cache.put(
        "k", b"new", PutOptions(condition=IfMatch("other"))
    ),
    "upload": lambda given: given.cache.upload("k", io.BytesIO(b"new")),
    "delete": lambda given: given.cache.delete("k"),
    "delete_if_match": lambda given: given.cache.delete("k", condition=IfMatch("other")),
    "delete_many": lambda given: given.cache.delete_many(["k", "other"]),
    "destroy_keys": lambda given: given.cache.destroy_keys("k", ["id"]),
}


@pytest.mark.parametrize("fault", [None, lost, refused])
@pytest.mark.parametrize("name", WRITES)
def test_after_any_write_a_read_is_as_the_store_has_it(
    given: Given, name: str, fault: Callable[[Request, Call], object] | None
) -> None:
    given.store.put("k", b"old")
    given.cache.get("k")
    given.store.put("k", b"of another process")  # what is remembered is wrong
    given.faulty.rule = lambda _request: fault
    with suppress(StorageError):
        WRITES[name](given)
    given.faulty.rule = None
    try:
        now = given.store.get("k").data
    except NotFoundError:
        with pytest.raises(NotFoundError):
            given.cache.get("k")
    else:
        assert given.cache.get("k").data == now


def test_an_interrupt_in_a_write_makes_the_key_forgotten(given: Given) -> None:
    given.cache.put("k", b"old")

    def interrupted(request: Request, call: Call) -> object:
        call()
        raise KeyboardInterrupt

    given.faulty.rule = lambda _request: interrupted
    with pytest.raises(KeyboardInterrupt):
        given.cache.put("k", b"new")
    given.faulty.rule = None
    assert given.cache.get("k").data == b"new"


def test_of_two_writes_at_a_time_neither_is_remembered(given: Given) -> None:
    """Their answers may come in another order than the writes did."""
    landed, go = threading.Event(), threading.Event()

    def answers_late(request: Request, call: Call) -> object:
        answer = call()
        landed.set()
        assert go.wait(20)
        return answer

    faults = [answers_late]
    given.faulty.rule = lambda _request: faults.pop() if faults else None
    with ThreadPoolExecutor(1) as pool:
        early = pool.submit(given.cache.put, "k", b"early")
        assert landed.wait(20)
        given.cache.put("k", b"late")
        go.set()
        early.result()
    assert given.cache.get("k").data == given.store.get("k").data == b"late"
