"""Three stores on one document while everything happens at once, drawn by lot; each seed is exact.

In one thread: another store's call runs in the middle of a request of the first, requests are
lost, refused, throttled, or land at some later time.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import pytest

from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.documents import Document, DocumentStore, Revision, gc, prune
from ingenious_storage.documents.format import segment
from ingenious_storage.errors import CommitUnknownError, StorageError
from tests.library.documents.faults.scenario import KEY, store_on
from tests.support.faults import (
    Fault,
    FaultyBackend,
    Held,
    Request,
    after,
    before,
    lost,
    refused,
    throttled,
)
from tests.support.layering import key_file
from tests.support.writers import Saved, check_saved, whole_history

ROUNDS = 40
DEPTH = 3


@dataclass(frozen=True, slots=True)
class Told:
    """A revision that a call, which ran from `begun` to `ended`, wrote or read."""

    begun: int
    ended: int
    revision: Revision
    data: Any = None
    how: Literal["wrote", "read the newest", "read"] = "wrote"


class World:
    def __init__(self, seed: int, *, pruning: bool) -> None:
        self.lot, self.pruning = random.Random(seed), pruning
        self.backend = InMemoryBackend()
        self.stores = [
            store_on(FaultyBackend(self.backend, self.weather), attempts=attempts)
            for attempts in (1, 1, 4)
        ]
        self.held, self.depth, self.clock, self.first = Held(), 0, 0, 1
        self.told: list[Told] = []
        self.busy: list[DocumentStore] = []
        self.unknown: list[tuple[str, Any]] = []
        self.calm = False

    def weather(self, request: Request) -> Fault | None:
        if self.calm:
            return None
        roll = self.lot.random()
        if roll < 0.10:
            return self.lot.choice([lost, lost, refused, throttled])
        # A seal that lands when its segment was pruned is a stray, which `gc` sweeps.
        if roll < 0.14 and request.writes and not (self.pruning and request.role == "segment"):
            return self.held
        if roll < 0.30 and self.depth < DEPTH:
            return self.lot.choice([before, after])(self.act)
        if roll < 0.40:
            return self.lot.choice([before, after])(self.held.land)
        return None

    def act(self) -> None:
        store, call = self.lot.choice(self.stores), self.lot.choice(self.calls())
        if store in self.busy and key_file():
            return  # in its cache one thread would wait for itself
        self.depth, self.clock = self.depth + 1, self.clock + 1
        begun = self.clock
        self.busy.append(store)
        try:
            result = call(store)
        except CommitUnknownError as error:
            self.unknown.append((error.write_id, None))
        except StorageError:
            pass
        else:
            self.clock += 1
            self.note(begun, result)
        finally:
            self.busy.pop()
            self.depth -= 1

    def calls(self) -> list[Callable[[DocumentStore], Any]]:
        tag, size = self.lot.getrandbits(40), self.lot.choice([0, 10, 200, 30_000])
        filler = self.lot.randbytes(size).hex()
        number = self.lot.randrange(1, 60)
        pruned = [lambda store: prune(store, KEY, keep=self.lot.randrange(1, 20))]
        return [
            lambda store: store.save(KEY, [tag, filler]),
            *[lambda store: store.update(KEY, lambda old: [*(old or []), tag])] * 4,
            lambda store: store.create(KEY, [tag]),
            lambda store: store.delete(KEY),
            lambda store: store.restore(KEY),
            lambda store: store.rollback(KEY, number),
            *[lambda store: (store.load(KEY),)] * 2,
            lambda store: store.load(KEY, revision=number),
            lambda store: store.history(KEY, limit=None),
            *(pruned if self.pruning else []),
        ]

    def note(self, begun: int, result: Any) -> None:
        match result:
            case Revision():
                self.told.append(Told(begun, self.clock, result))
            case Document() as old:
                self.told.append(Told(begun, self.clock, old.revision, old.data, "read"))
            case (Document() as new,):
                self.told.append(Told(begun, self.clock, new.revision, new.data, "read the newest"))
            case [Revision() as newest, *older]:
                self.told.append(Told(begun, self.clock, newest, how="read the newest"))
                self.told += (Told(begun, self.clock, r, how="read") for r in older)

    def check(self) -> None:
        self.calm = True
        self.held.land()
        if self.pruning:  # a prune that was cut short leaves segments that no one reads
            gc(store_on(self.backend), grace=-timedelta(days=1))
        history = whole_history(self.backend, KEY)
        first = history[0][0].number
        assert self.pruning or first == 1
        found = {revision.write_id: (revision, data) for revision, data in history}
        for told in self.told:
            if told.revision.number >= first:
                revision, data = found[told.revision.write_id]
                assert revision == told.revision
                assert told.data is None or told.data == data
        writes = {t.revision.write_id: t.revision for t in self.told if t.how == "wrote"}
        kept = [(revision, None) for revision in writes.values() if revision.number >= first]
        check_saved(history, [Saved(kept, self.unknown)])
        self.check_order()

    def check_order(self) -> None:
        """Nobody reads or writes what is older than what was told before the call began."""
        newest, ends = 0, sorted(self.told, key=lambda told: told.ended)
        for told in sorted(self.told, key=lambda told: told.begun):
            while ends and ends[0].ended < told.begun:
                newest = max(newest, ends.pop(0).revision.number)
            # An update or a restore that changes nothing tells what is there already.
            assert told.how == "read" or told.revision.number >= newest


def live(seed: int, *, pruning: bool) -> None:
    world = World(seed, pruning=pruning)
    for _ in range(ROUNDS):
        world.act()
    try:
        world.check()
    except BaseException as error:
        error.add_note(f"seed {seed}, pruning {pruning}")
        raise


@pytest.mark.parametrize("pruning", [False, True], ids=["kept", "pruned"])
@pytest.mark.parametrize(
    "seeds",
    [range(80), pytest.param(range(80, 800), marks=[pytest.mark.slow, pytest.mark.timeout(900)])],
    ids=str,
)
def test_chaos(monkeypatch: pytest.MonkeyPatch, seeds: range, pruning: bool) -> None:
    monkeypatch.setattr(segment, "MAX_ENTRIES", 4)
    monkeypatch.setattr(segment, "MAX_SEGMENTS_TO_KEYFRAME", 3)
    for seed in seeds:
        live(seed, pruning=pruning)
