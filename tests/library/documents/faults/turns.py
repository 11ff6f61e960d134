"""Every order in which the requests of a few actors can reach one store, one after the other.

Each actor runs in a thread that stops before each of its requests until it is its turn. Which
actor's turn it is, is a list of choices; the choices are gone through depth first, by running the
whole scenario again for each.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ingenious_storage.backends.base import Backend
from ingenious_storage.layers.base import Layer

T = TypeVar("T")
Act = Callable[[Backend], Any]
"""What an actor does, by a backend of its own: its result, or the exception it raises, is kept."""
_STUCK_SECONDS = 30.0


@dataclass(slots=True)
class _Actor:
    act: Act
    asks: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    goes: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    trace: list[str] = field(default_factory=list)
    done: bool = False
    result: Any = None

    def run(self, backend: Backend) -> None:
        try:
            self.result = self.act(_Stepped(backend, self))
        except Exception as error:  # noqa: BLE001  # the test looks at it
            self.result = error
        finally:
            self.done = True
            self.asks.release()

    def await_next(self) -> None:
        assert self.asks.acquire(timeout=_STUCK_SECONDS), "an actor is stuck"

    def step(self) -> None:
        """Let it make one request, and wait for its next one or its end."""
        self.goes.release()
        self.await_next()


class _Stepped(Layer):
    def __init__(self, inner: Backend, actor: _Actor) -> None:
        super().__init__(inner)
        self._actor = actor

    def _around(self, operation: str, key: str | None, call: Callable[[], T]) -> T:
        self._actor.asks.release()
        self._actor.goes.acquire()
        self._actor.trace.append(f"{operation} {key}")
        return call()


@dataclass(frozen=True, slots=True)
class Run:
    """One order: `taken` names the actor of each request, `results` what each came to."""

    taken: list[int]
    results: list[Any]
    backend: Backend

    def __str__(self) -> str:
        results = ", ".join(f"{result}"[:100] for result in self.results)
        return f"order {''.join(map(str, self.taken))}, results {results}"


def _play(backend: Backend, acts: Sequence[Act], pick: Callable[[int, list[int]], int]) -> Run:
    """`pick` is asked at each turn, by its number and the actors that want it."""
    actors = [_Actor(act) for act in acts]
    threads = [threading.Thread(target=actor.run, args=(backend,)) for actor in actors]
    for thread, actor in zip(threads, actors, strict=True):
        thread.start()
        actor.await_next()
    taken: list[int] = []
    while waiting := [number for number, actor in enumerate(actors) if not actor.done]:
        chosen = pick(len(taken), waiting)
        taken.append(chosen)
        actors[chosen].step()
    for thread in threads:
        thread.join()
    return Run(taken, [actor.result for actor in actors], backend)


def every_order(prepare: Callable[[], tuple[Backend, Sequence[Act]]]) -> Iterator[Run]:
    """All orders of the requests of the actors that `prepare` gives, each on a new backend."""
    choices: list[int] = []
    while True:
        widths: list[int] = []

        def pick(
            turn: int, waiting: list[int], widths: list[int] = widths, plan: list[int] = choices
        ) -> int:
            widths.append(len(waiting))
            return waiting[plan[turn] if turn < len(plan) else 0]

        yield _play(*prepare(), pick)
        taken = choices + [0] * (len(widths) - len(choices))
        while taken and taken[-1] + 1 == widths[len(taken) - 1]:
            taken.pop()
        if not taken:
            return
        choices = [*taken[:-1], taken[-1] + 1]


def some_orders(
    prepare: Callable[[], tuple[Backend, Sequence[Act]]], *, count: int, seed: int
) -> Iterator[Run]:
    """`count` orders drawn by lot, where there are too many for all.

    Each actor has a weight of its own in each run, so that slow and fast ones meet.
    """
    lot = random.Random(seed)
    for _ in range(count):
        backend, acts = prepare()
        weights = [lot.random() ** 2 + 0.01 for _ in acts]

        def pick(turn: int, waiting: list[int], weights: list[float] = weights) -> int:
            return lot.choices(waiting, [weights[number] for number in waiting])[0]

        yield _play(backend, acts, pick)


def check_each(runs: Iterator[Run], check: Callable[[Run], None]) -> int:
    """How many runs were checked; a failure tells the order it happened in."""
    count = 0
    for run in runs:
        count += 1
        try:
            check(run)
        except BaseException as error:
            with suppress(AttributeError):
                error.add_note(str(run))
            raise
    return count
