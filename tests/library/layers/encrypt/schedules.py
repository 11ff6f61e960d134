"""The orders in which actors can make their requests to one store, one after the other.

Each actor runs in a thread of its own, and stops before each request until it is its turn. A run
follows a list of turns as far as that goes, and then lets the first actor that is not done go on;
the turns that it could have given otherwise are the next runs.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from ingenious_storage.backends.base import Backend
from ingenious_storage.layers.base import Layer

T = TypeVar("T")


class _Actor:
    def __init__(self, act: Callable[[Backend], None], store: Backend) -> None:
        self._go, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        self._act, self._store = act, _Stepped(store, self.pause)
        self.is_done, self.error = False, None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._wait()

    error: BaseException | None

    def pause(self) -> None:
        """In the actor's own thread: before a request."""
        self._stopped.release()
        self._go.acquire()

    def step(self) -> None:
        """One request, up to the next one or the end."""
        self._go.release()
        self._wait()

    def _wait(self) -> None:
        assert self._stopped.acquire(timeout=30)

    def _run(self) -> None:
        try:
            self._act(self._store)
        except BaseException as error:  # noqa: BLE001  # judged by the test
            self.error = error
        self.is_done = True
        self._stopped.release()


class _Stepped(Layer):
    def __init__(self, inner: Backend, pause: Callable[[], None]) -> None:
        super().__init__(inner)
        self._pause = pause

    def _around(self, operation: str, key: str | None, call: Callable[[], T]) -> T:
        self._pause()
        return call()


def run(
    store: Backend, acts: Sequence[Callable[[Backend], None]], turns: Sequence[int]
) -> tuple[list[int], list[list[int]], list[BaseException | None]]:
    """One run: whose turn it was, who else could have had each, and what each actor raised."""
    actors = [_Actor(act, store) for act in acts]
    taken: list[int] = []
    others: list[list[int]] = []
    while alive := [number for number, actor in enumerate(actors) if not actor.is_done]:
        wanted = turns[len(taken)] if len(taken) < len(turns) else alive[0]
        taken.append(wanted)
        others.append([number for number in alive if number > wanted])
        actors[wanted].step()
    return taken, others, [actor.error for actor in actors]


def orders(
    once: Callable[[Sequence[int]], tuple[list[int], list[list[int]]]], most: int
) -> Iterator[list[int]]:
    """Call `once` for each order, for `most` at most, drawn among all: whose turns they were."""
    pick = random.Random(11)
    waiting: list[list[int]] = [[]]
    while waiting and most:
        most -= 1
        turns = waiting.pop(pick.randrange(len(waiting)))
        taken, others = once(turns)
        yield taken
        for at in range(len(turns), len(taken)):
            waiting.extend([*taken[:at], other] for other in others[at])
