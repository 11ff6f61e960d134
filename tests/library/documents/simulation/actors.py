"""Actors: what runs at the same time, each in a greenlet that stops before each of its requests.

The code under test blocks on its calls and knows nothing of this. What it draws at random is
counted by its actor here, so that a schedule is the same whenever it is replayed.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal

import pytest
from greenlet import GreenletExit, getcurrent, greenlet

from ingenious_storage.documents import DocumentStore
from ingenious_storage.errors import OperationTimeoutError, StorageError, UnavailableError
from tests.library.documents.simulation.world import Request, seen

Act = Callable[[DocumentStore], Any]
Outcome = Literal["running", "done", "refused", "unknown", "crashed"]
Fault = Literal["lost", "late", "crash"]


@dataclass(slots=True)
class Call:
    """One call of an actor, and what its caller was told."""

    name: str
    act: Act
    outcome: Outcome = "running"
    result: Any = None
    behind: frozenset[str] | None = None
    """The calls that had ended when its first request was made."""
    hit: Fault | None = None
    """What happened to one of its requests."""
    hit_behind: frozenset[str] = frozenset()
    """The calls that had ended then."""

    def __str__(self) -> str:
        return f"{self.name}: {self.outcome}, {self.result!r:.200}"


@dataclass(slots=True, eq=False)
class Actor:
    """Its calls in turn. `history` is all that it has seen, so all that its memory can be of."""

    name: str
    calls: Sequence[Call]
    ended: set[str]
    """Names of the calls of all actors that have ended."""
    late: list[tuple[str, Callable[[], Any]]]
    """Requests that nobody waits for any more, and that have not arrived yet."""
    free: bool = False
    """Its requests are made at once."""
    lives: int | None = None
    """How many requests it makes, if it is free, before it dies."""
    waits_for: Request | None = None
    history: int = 0
    crashed: bool = False
    drawn: int = 0
    call: Call | None = None
    failure: BaseException | None = None
    """What no call may raise."""
    _green: Any = None
    _steps: int = 0

    def start(self, store: DocumentStore) -> None:
        """Run up to its first request."""
        self._green = greenlet(self._run)
        self._green.actor = self
        self._green.switch(store)

    def go(self, fault: Fault | None) -> None:
        """Make the request that it waits for, and run up to the next one."""
        self.waits_for = None
        self._green.switch(fault)

    def stop(self) -> None:
        """Nobody is interested any more."""
        self.crashed = True
        if self._green is not None and not self._green.dead:
            self._green.throw()

    def step(self, request: Request, call: Callable[[], Any]) -> Any:
        """Called for each of its requests, in its greenlet."""
        if self.crashed:
            raise GreenletExit
        if self.free:
            return self._at_once(call)
        self.waits_for = request
        fault = self._green.parent.switch()
        self._steps += 1
        assert self.call is not None
        if self.call.behind is None:
            self.call.behind = frozenset(self.ended)
            self._note(self.call.behind)
        if fault is None:
            return self._answered(call)
        return self._disturbed(fault, request, call)

    def _at_once(self, call: Callable[[], Any]) -> Any:
        answer = call()
        if self.lives is not None:
            self.lives -= 1
            if not self.lives:
                self.crashed = True
                raise GreenletExit
        return answer

    def draw(self, size: int) -> bytes:
        """Bytes that no one else draws."""
        self.drawn += 1
        return blake2b(f"{self.name} {self.drawn}".encode(), digest_size=size).digest()

    def _run(self, store: DocumentStore) -> None:
        for call in self.calls:
            self.call = call
            try:
                call.result = call.act(store)
                call.outcome = "done"
                self.ended.add(call.name)
            except StorageError as error:
                call.result = error
                call.outcome = "unknown" if error.outcome_unknown else "refused"
            except GreenletExit:
                call.outcome = "crashed"
                return
            except Exception as error:  # noqa: BLE001  # the explorer tells it with its schedule
                self.failure = error
                return

    def _answered(self, call: Callable[[], Any]) -> Any:
        try:
            answer = call()
        except StorageError as error:
            self._note(seen(error))
            raise
        self._note(seen(answer))
        return answer

    def _disturbed(self, fault: Fault, request: Request, call: Callable[[], Any]) -> Any:
        assert self.call is not None
        self.call.hit, self.call.hit_behind = fault, frozenset(self.ended)
        self._note((fault, self.call.hit_behind))
        if fault == "late" and request.writes:
            self.late.append((f"~{self.name}{self._steps}", call))
            raise OperationTimeoutError("no answer in time", outcome_unknown=True)
        with suppress(StorageError):
            call()
        if fault == "crash":
            self.crashed = True
            raise GreenletExit
        raise UnavailableError("the answer was lost", outcome_unknown=request.writes)

    def _note(self, what: Any) -> None:
        self.history = hash((self.history, what))


def new_actor(name: str, calls: Mapping[str, Act], **shared: Any) -> Actor:
    """Its calls are named after it: `A.append`."""
    return Actor(name, [Call(f"{name}.{what}", act) for what, act in calls.items()], **shared)


def step_of_current(request: Request, call: Callable[[], Any]) -> Any:
    """The step of whoever asks, for a line that all share."""
    return getcurrent().actor.step(request, call)


@contextmanager
def counted_lots() -> Iterator[None]:
    """What actors draw at random is counted; all others draw as ever."""
    real = os.urandom

    def drawn(size: int) -> bytes:
        actor: Actor | None = getattr(getcurrent(), "actor", None)
        return actor.draw(size) if actor else real(size)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "urandom", drawn)
        patch.setattr(secrets, "token_hex", lambda size=32: drawn(size).hex())
        patch.setattr(secrets, "randbits", lambda bits: int.from_bytes(drawn(bits // 8)))
        yield
