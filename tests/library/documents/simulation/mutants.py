"""Mutants: faults planted into the product, one of each kind, in place."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any, Final

import pytest

from ingenious_storage.backends.base import IfAbsent, IfMatch
from ingenious_storage.documents import DocumentStore
from ingenious_storage.documents.erasing import again
from ingenious_storage.documents.erasing import gc as sweeping
from ingenious_storage.documents.erasing import prune as pruning
from ingenious_storage.documents.erasing import purge as purging
from ingenious_storage.documents.erasing.purge import delete_all
from ingenious_storage.documents.format.markers import mark_deleted
from ingenious_storage.documents.format.segment import seal, segment_key
from ingenious_storage.documents.writing import commit, decisions
from ingenious_storage.documents.writing.commit import Commit
from ingenious_storage.errors import AlreadyExistsError, StorageError
from ingenious_storage.layers.encrypt.documents import DocumentKeys
from tests.library.documents.simulation import makers
from tests.library.documents.simulation.case import CRASH, LATE, LOST, Case
from tests.library.documents.simulation.mutant import Mutant
from tests.library.documents.simulation.rewriting_mutants import REWRITING


def swap_without_its_condition(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(commit, "IfMatch", lambda _etag: None)


def seal_behind_the_swap(patch: pytest.MonkeyPatch) -> None:
    send, waiting = Commit._send, dict[str, Any]()

    def later(self: Commit, head: Any) -> Any:
        raw, sealed = seal(head)
        waiting[segment_key(self.key, head.id)] = raw
        return sealed

    def swap_first(self: Commit, head: Any, draft: Any) -> Any:
        waiting.clear()
        answer = send(self, head, draft)
        for key, raw in [*waiting.items()]:
            self.reader.files.save_bytes(key, raw)
        return answer

    patch.setattr(Commit, "_seal", later)
    patch.setattr(Commit, "_send", swap_first)


def lost_answer_taken_for_a_failure(patch: pytest.MonkeyPatch) -> None:
    def never(self: Commit, current: Any, failure: Any) -> None:
        self.write_id = self.write_id[::-1]

    patch.setattr(Commit, "_landed", never)


def create_that_conflicts_with_itself(patch: pytest.MonkeyPatch) -> None:
    landed = Commit._landed

    def refused(self: Commit, current: Any, failure: StorageError) -> Any:
        if isinstance(failure, AlreadyExistsError):
            raise failure
        return landed(self, current, failure)

    patch.setattr(Commit, "_landed", refused)


def seal_that_conflicts_with_others(patch: pytest.MonkeyPatch) -> None:
    def strict(self: Commit, head: Any) -> Any:
        raw, sealed = seal(head)
        self.reader.files.save_bytes(segment_key(self.key, head.id), raw, condition=IfAbsent())
        return sealed

    patch.setattr(Commit, "_seal", strict)


def purge_that_asks_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(purging._Purge, "_erase_late", lambda _self, _found: {})


def purge_without_its_condition(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(purging, "IfMatch", lambda _etag: None)


def purge_that_leaves_nothing(patch: pytest.MonkeyPatch) -> None:
    """The head is deleted, and no tombstone refuses what comes late."""
    erase = purging._Purge._erase

    def bare(self: Any, found: Any) -> Any:
        receipt = erase(self, found)
        with suppress(StorageError):
            self.store.files.delete(self.key, condition=IfMatch(found.etag))
        return receipt

    patch.setattr(purging._Purge, "_erase", bare)


def prune_that_deletes_first(patch: pytest.MonkeyPatch) -> None:
    def delete_first(store: DocumentStore, head: Any, first: int, gone: Any, _: Any) -> bool:
        delete_all(store, gone)
        return pruning._cut(store, head, first)

    patch.setattr(pruning, "_apply", delete_first)


def prune_without_its_condition(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(again, "IfMatch", lambda _etag: None)


def gc_without_grace(patch: pytest.MonkeyPatch) -> None:
    real = sweeping._Sweep

    def at_once(store: Any, limit: Any, *, dry_run: bool) -> Any:
        return real(store, limit + timedelta(days=30), dry_run=dry_run)

    patch.setattr(sweeping, "_Sweep", at_once)


def keys_asked_for_too_late(patch: pytest.MonkeyPatch) -> None:
    """Behind the tombstone, when they may be of the next document."""
    erase = purging._Purge._erase

    def late(self: Any, found: Any) -> Any:
        self.keys = self._keys(None)
        return erase(self, found)

    patch.setattr(purging._Purge, "_erase", late)


def key_of_the_purged_for_the_next(patch: pytest.MonkeyPatch) -> None:
    """Who begins over a tombstone takes the newest key that is there."""

    def newest(self: DocumentKeys, document: str, tombstone: str) -> Any:
        held = self._fetched(document)
        if held.entries:
            return self._key(document, held, held.entries[0])
        return self._begun(document, absent=False)

    patch.setattr(DocumentKeys, "_begun_over", newest)


def marker_behind_the_head(patch: pytest.MonkeyPatch) -> None:
    """A deletion is not marked before it is there."""
    patch.setattr(decisions, "mark_deleted", lambda _files, _key: None)
    delete = DocumentStore.delete

    def marked(self: DocumentStore, key: str, **more: Any) -> Any:
        revision = delete(self, key, **more)
        mark_deleted(self.files, key)
        return revision

    patch.setattr(DocumentStore, "delete", marked)


_PURGE: Final = partial(makers.purging, "A", held=2)
_NEWCOMER: Final = Case(makers.purging_beside_a_newcomer, encrypted=True)
_MUTANTS: Final = (
    Mutant(swap_without_its_condition, Case(partial(makers.writers, 1)), 100),
    Mutant(seal_behind_the_swap, Case(partial(makers.writers, 4), CRASH), 100),
    Mutant(lost_answer_taken_for_a_failure, Case(partial(makers.writers, 1), LOST), 100),
    Mutant(create_that_conflicts_with_itself, Case(makers.beginning, LATE), 1000),
    Mutant(seal_that_conflicts_with_others, Case(partial(makers.writers, 4)), 100),
    Mutant(purge_that_asks_once, Case(_PURGE, CRASH), 100),
    Mutant(purge_without_its_condition, Case(_PURGE), 100),
    Mutant(purge_that_leaves_nothing, Case(makers.sweeping_beside_a_purge, LATE), 1000),
    Mutant(prune_that_deletes_first, Case(partial(makers.pruning, "A"), CRASH), 100),
    Mutant(prune_without_its_condition, Case(partial(makers.pruning, "A")), 100),
    Mutant(gc_without_grace, Case(makers.sweeping_beside_a_purge, LATE), 1000),
    Mutant(keys_asked_for_too_late, _NEWCOMER, 1000),
    Mutant(key_of_the_purged_for_the_next, _NEWCOMER, 1000),
    Mutant(marker_behind_the_head, Case(makers.deleting, CRASH), 1000),
)
MUTANTS: Final[Mapping[str, Mutant]] = {
    each.plant.__name__.replace("_", " "): each for each in (*_MUTANTS, *REWRITING)
}
QUICK: Final = (
    "swap without its condition",
    "prune that deletes first",
    "label looked at through the cache",
    "erasure that asks once",
)
"""Of every run of the tests."""
