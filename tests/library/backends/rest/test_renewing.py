"""Values that expire: who asks for the next one, and when."""

from __future__ import annotations

import math
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ingenious_storage.backends.rest.renewing import Lent, Renewing
from ingenious_storage.errors import AuthenticationError
from tests.support.polling import eventually


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


class Source:
    """Gives a new text each time, which lives for an hour by the clock."""

    def __init__(self, clock: Clock, life: float = 3600) -> None:
        self.clock, self.life, self.asked, self.fails = clock, life, 0, False
        self.slow: threading.Event | None = None

    def __call__(self) -> Lent[str]:
        self.asked += 1
        if self.slow is not None:
            assert self.slow.wait(10)
        if self.fails:
            raise AuthenticationError("not now")
        return Lent(f"value {self.asked}", self.clock.time + self.life)


def make(life: float = 3600) -> tuple[Clock, Source, Renewing[str]]:
    clock = Clock()
    source = Source(clock, life)
    return clock, source, Renewing(source, clock=clock)


def test_it_is_asked_for_when_it_is_needed_and_kept() -> None:
    clock, source, value = make()
    assert source.asked == 0
    assert [value.get() for _ in range(3)] == ["value 1"] * 3
    clock.time += 3299
    assert value.get() == "value 1"
    clock.time += 2
    assert value.get() == "value 2"
    assert source.asked == 2


def test_many_threads_ask_once() -> None:
    _, source, value = make()
    source.slow = threading.Event()
    with ThreadPoolExecutor(8) as pool:
        found = [pool.submit(value.get) for _ in range(8)]
        source.slow.set()
        assert {each.result() for each in found} == {"value 1"}
    assert source.asked == 1


def test_one_thread_renews_while_the_others_go_on() -> None:
    clock, source, value = make()
    value.get()
    clock.time += 3400
    source.slow = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(value.get)
        eventually(lambda: source.asked == 2, pause=0)
        assert value.get() == "value 1"
        source.slow.set()
        assert renewing.result(10) == "value 2"
    assert value.get() == "value 2"


def test_a_failure_ahead_of_the_end_is_tried_again_later() -> None:
    clock, source, value = make()
    value.get()
    clock.time += 3400
    source.fails = True
    assert value.get() == "value 1"
    assert value.get() == "value 1"
    assert source.asked == 2
    clock.time += 31
    source.fails = False
    assert value.get() == "value 3"


def test_what_has_ended_is_never_used() -> None:
    clock, source, value = make()
    value.get()
    clock.time += 3595
    source.fails = True
    with pytest.raises(AuthenticationError):
        value.get()


def test_what_lives_for_minutes_is_used_for_half_of_them() -> None:
    clock, _, value = make(life=200)
    value.get()
    clock.time += 99
    assert value.get() == "value 1"
    clock.time += 2
    assert value.get() == "value 2"


def test_what_the_service_refuses_is_replaced_once() -> None:
    _, source, value = make()
    refused = value.get()
    assert value.replace(refused) == "value 2"
    assert value.replace(refused) == "value 2", "another thread was faster"
    assert source.asked == 2


def test_what_never_ends_is_asked_for_once() -> None:
    clock = Clock()
    value = Renewing(lambda: Lent(object(), math.inf), clock=clock)
    first = value.get()
    clock.time *= 1e9
    assert value.get() is first
