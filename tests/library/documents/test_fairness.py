"""Turns, bursts and pauses: who waits for whom, by an injected clock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest

from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.documents import DocumentStore
from ingenious_storage.documents.writing.bursts import Bursts
from ingenious_storage.documents.writing.pauses import Pauses
from ingenious_storage.documents.writing.turns import Turns
from ingenious_storage.errors import ConflictError
from tests.support.counting import CountingBackend
from tests.support.layering import files_on
from tests.support.polling import eventually
from tests.support.writers import with_one_more

KEY = "conversations/a/memory.json"
PATIENCE = 30.0


def in_threads(count: int, call: Callable[[int], object]) -> None:
    failures: list[BaseException] = []

    def run(number: int) -> None:
        try:
            call(number)
        except BaseException as error:  # noqa: BLE001  # raised below
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []


def test_turns_are_taken_in_the_order_of_arrival() -> None:
    turns, order = Turns(PATIENCE), list[int]()
    threads: list[threading.Thread] = []

    def waiting(count: int) -> bool:
        return len(turns._queues[KEY]) == count

    def take(number: int) -> None:
        with turns.of(KEY):
            order.append(number)

    with turns.of(KEY):
        for number in range(5):
            threads.append(threading.Thread(target=take, args=(number,)))
            threads[-1].start()
            eventually(partial(waiting, number + 2))
        assert order == []
    for thread in threads:
        thread.join(PATIENCE)
    assert order == [0, 1, 2, 3, 4]


def test_a_turn_inside_a_turn_of_the_same_thread_does_not_wait() -> None:
    turns = Turns(patience=PATIENCE)
    with turns.of(KEY), turns.of(KEY), turns.of("another"):
        pass
    with turns.of(KEY):
        pass


def test_a_writer_that_hangs_holds_up_nobody_for_longer_than_their_patience() -> None:
    turns, done = Turns(patience=0.05), threading.Event()

    def write(number: int) -> None:
        with turns.of(KEY):
            if number == 0:
                assert done.wait(PATIENCE)

    hanging = threading.Thread(target=write, args=(0,))
    with turns.of(KEY):
        hanging.start()
    in_threads(3, lambda number: write(number + 1))
    done.set()
    hanging.join(PATIENCE)


def test_writers_of_one_process_need_one_request_an_append() -> None:
    backend = CountingBackend(InMemoryBackend())
    store = DocumentStore(files_on(backend))
    store.turns = Turns(PATIENCE)
    store.save(KEY, [])
    backend.reset()

    def write(writer: int) -> None:
        for turn in range(20):
            store.update(KEY, with_one_more(f"{writer}/{turn}"))

    in_threads(6, write)
    seals = 120 // 32
    assert dict(backend.operations) == {"put": 120 + seals}
    assert len(store.load(KEY).data) == 120


class Clock:
    def __init__(self) -> None:
        self.now, self.slept = 100.0, list[float]()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def longest(_low: float, high: float) -> float:
    return high


def test_pauses_grow_with_a_try_and_shrink_with_the_wait() -> None:
    clock = Clock()
    for _ in Pauses(clock.sleep, longest, clock, deadline=1.0):
        clock.now += 0.001
    assert clock.slept[0] == pytest.approx(0.02 / (1 + 0.001 / 0.1))
    assert clock.slept == sorted(clock.slept, reverse=True)
    assert clock.now - 100 >= 1.0
    clock = Clock()
    for _ in Pauses(clock.sleep, longest, clock, deadline=1.0):
        clock.now += 0.01
    assert clock.slept[0] == pytest.approx(0.16 / (1 + 0.01 / 0.1))


def test_a_writer_that_is_always_forestalled_ends_with_the_deadline() -> None:
    backend, clock = InMemoryBackend(), Clock()
    other = DocumentStore(files_on(backend))
    pauses = Pauses(clock.sleep, longest, clock, deadline=5.0)
    store = DocumentStore(files_on(backend), pauses=pauses)

    def forestalled(data: list[int] | None) -> list[int]:
        other.save(KEY, [0])
        return [*(data or []), 1]

    with pytest.raises(ConflictError, match="faster at every try"):
        store.update(KEY, forestalled)
    assert 5.0 <= sum(clock.slept) < 5.1


def write_for(bursts: Bursts, clock: Clock, seconds: float, *, think: float = 0.0) -> list[float]:
    """Times, since the start, at which somebody was given way."""
    start, found = clock.now, list[float]()
    while clock.now - start < seconds:
        way = bursts.pause(KEY, clock.now)
        if way:
            found.append(round(clock.now - start, 2))
            clock.now += way
        began = clock.now
        clock.now += 0.001
        bursts.note(KEY, began, clock.now, conflict=False)
        clock.now += think
    return found


def test_who_writes_without_a_break_gives_way_twice_a_second() -> None:
    ways = write_for(Bursts(), Clock(), 2.0)
    assert len(ways) == 3
    assert ways[0] == pytest.approx(0.5, abs=0.01)


def test_beside_others_it_gives_way_ten_times_a_second_and_who_thinks_never() -> None:
    bursts, clock = Bursts(), Clock()
    bursts.pause(KEY, clock.now)
    bursts.note(KEY, clock.now, clock.now, conflict=True)
    assert 14 <= len(write_for(bursts, clock, 2.0)) <= 20
    clock.now += 10
    assert len(write_for(bursts, clock, 2.0)) == 3  # a conflict is forgotten
    clock.now += 10
    assert write_for(bursts, clock, 2.0, think=0.005) == []


def test_after_an_outage_nobody_gives_way_for_longer_than_a_slow_commit_is_worth() -> None:
    bursts = Bursts()
    assert bursts.pause(KEY, 100.0) == 0
    bursts.note(KEY, 100.0, 129.0, conflict=False)  # the store was away
    assert 0 < bursts.pause(KEY, 129.1) <= 2.0
    assert bursts.pause(KEY, 129.2) == 0


def test_bursts_remember_a_bounded_number_of_keys() -> None:
    bursts = Bursts()
    for number in range(5000):
        bursts.pause(f"key {number}", 1.0)
    assert len(bursts._bursts) == 1024
