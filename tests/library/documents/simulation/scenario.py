"""Scenario: what was stored before, who does what at the same time, and what has to be true."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

from ingenious_storage.backends.base import Backend
from ingenious_storage.documents import DocumentStore, Revision
from ingenious_storage.documents.format.segment import split_key
from ingenious_storage.documents.writing.pauses import Pauses
from ingenious_storage.errors import StorageError
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.key_providers.base import KeyProvider
from ingenious_storage.layers.cache.layer import CacheLayer
from ingenious_storage.layers.compress import CompressLayer
from ingenious_storage.layers.encrypt.keyring import Keyring
from ingenious_storage.layers.encrypt.layer import EncryptLayer
from ingenious_storage.layers.retry import RetryBudget, RetryLayer, RetryPolicy
from tests.library.documents.simulation.actors import (
    Act,
    Actor,
    Call,
    new_actor,
    step_of_current,
)
from tests.library.documents.simulation.world import BEGINNING, Line, World

KEY: Final = "conversations/a/memory.json"
OTHER: Final = "conversations/b/memory.json"
SET: Final = "prompts/s.json"
SECRET: Final = "secret"
"""In each revision that is there before."""
_PAUSES: Final = Pauses(
    sleep=lambda _seconds: None, uniform=lambda low, _high: low, clock=lambda: 0.0
)


def owns(key: str) -> bool:
    """Whether it is a document's."""
    return not key.startswith(("deleted/", "history/", "keys/"))


def _document_of(key: str) -> str | None:
    segment = split_key(key)
    document = segment[0] if segment else key
    return document if owns(document) else None


@dataclass(frozen=True)
class Scenario:
    """Actors by their names, each with its calls in turn.

    Each has a store of its own, as a process has, which remembers the head that was there before;
    those in `strangers` remember nothing. With `together` all share one store, as threads do.
    """

    held: int
    """Revisions that the document has before."""
    actors: Mapping[str, Mapping[str, Act]]
    checks: Sequence[Callable[[Ended], None]]
    later: Callable[[Ended], None]
    broken: Act | None = None
    """Another call before, which dies."""
    lives: int | None = None
    """How many requests that one makes."""
    strangers: frozenset[str] = frozenset()
    together: bool = False
    alike: bool = False
    """They do the same but for their names: then who is first makes no difference."""
    attempts: int = 1
    """Of the retry layer."""
    provider: KeyProvider | None = None
    """Encrypts, if there is one."""
    prepare: Callable[[World], None] = lambda _world: None
    """Changes what is there before anybody begins."""
    key: str = KEY
    """Of the document that it is about."""
    max_age: float | None = None
    """Of a cache that each actor has, in seconds; None: there is none."""
    compressed: bool = False

    def begin(self, late: list[Any]) -> tuple[World, list[Actor], DocumentStore | None]:
        """All actors stand before their first requests; with the store that they share."""
        world, ended = self.first.copy(), set[str]()
        actors = [
            new_actor(name, calls, ended=ended, late=late) for name, calls in self.actors.items()
        ]
        shared = self.store(world, Line(world, step_of_current)) if self.together else None
        for actor in actors:
            own = shared or self._store(world, actor, known=actor.name not in self.strangers)
            actor.start(own)
        return world, actors, shared

    def check(self, ended: Ended, seen: set[Any]) -> None:
        """All promises; that of `later`, which no call has to do with, once for each world."""
        state = ended.world.state()
        if state not in seen:
            seen.add(state)
            self.later(replace(ended, world=ended.world.copy(), known={}))
        for each in self.checks:
            each(ended)

    def backend(self, world: World, line: Backend) -> Backend:
        """A client's layers."""
        if self.provider is not None:
            provider = self.provider
            ring = Keyring(
                line,
                lambda: provider,
                role="data",
                document_of=_document_of,
                clock=lambda: world.time,
                monotonic=lambda: 0.0,
            )
            line = EncryptLayer(line, ring)
        return CompressLayer(line) if self.compressed else line

    def _remembering(self, world: World, line: Backend) -> Backend:
        """With an actor's own cache. Its time is that of the world, which stands still."""
        if self.max_age is None:
            return line

        def clock() -> float:
            return (world.time - BEGINNING).total_seconds()

        return CacheLayer(line, max_bytes=1 << 24, max_age=self.max_age, clock=clock)

    def store(self, world: World, line: Backend) -> DocumentStore:
        """Of whoever asks by this line."""
        if self.attempts > 1:
            line = RetryLayer(
                line,
                RetryPolicy(self.attempts),
                budget=RetryBudget(capacity=1e9),
                sleep=lambda _seconds: None,
                clock=lambda: 0.0,
            )
        return DocumentStore(
            FileStorage(self._remembering(world, self.backend(world, line))),
            workers=1,
            owns=owns,
            clock=lambda: world.time,
            pauses=_PAUSES,
        )

    def _store(self, world: World, actor: Actor, *, known: bool) -> DocumentStore:
        store = self.store(world, Line(world, actor.step))
        actor.free = known
        if known:
            with suppress(StorageError):
                store.reader.read(self.key)
        actor.free = False
        return store

    @cached_property
    def first(self) -> World:
        """As it is when all begin."""
        world = World()
        self._at_once(world, "S", filled(self.held, self.key))
        if self.broken is not None:
            self._at_once(world, "X", self.broken, self.lives)
        self.prepare(world)
        return world

    def _at_once(self, world: World, name: str, act: Act, lives: int | None = None) -> None:
        actor = new_actor(name, {"before": act}, ended=set(), late=[], free=True, lives=lives)
        actor.start(self.store(world, Line(world, actor.step)))
        if actor.calls[0].outcome not in {"done", "crashed"}:
            raise AssertionError(f"{actor.calls[0]}") from actor.failure


def filled(revisions: int, key: str) -> Act:
    """A document with a secret more in each revision."""

    def fill(store: DocumentStore) -> None:
        for number in range(1, revisions + 1):
            append(store, f"{SECRET} {number}", key)

    return fill


def append(store: DocumentStore, message: str, key: str = KEY) -> Revision:
    """One message more in the list."""
    return store.update(key, lambda old: [*(old or []), message])


@dataclass(frozen=True)
class Ended:
    """How a run has ended: what is stored, and what each call was told."""

    world: World
    calls: Mapping[str, Call]
    scenario: Scenario
    known: dict[str, Any] = field(default_factory=dict)
    """What promises have found out already."""

    @cached_property
    def store(self) -> DocumentStore:
        """Of somebody who comes later, and remembers nothing."""
        return self.scenario.store(self.world, self.world)

    def named(self, what: str) -> Iterator[Call]:
        """The calls of this kind."""
        return (call for name, call in self.calls.items() if name.partition(".")[2] == what)

    def calls_of(self, *kinds: str) -> list[Call]:
        """Those of several kinds."""
        return [call for kind in kinds for call in self.named(kind)]
