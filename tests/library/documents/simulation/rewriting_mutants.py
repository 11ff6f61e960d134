"""Mutants of rewrites, rollbacks, restores, labels, the cache and the compression."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, Final

import pytest

from ingenious_storage.documents import DocumentStore, RevisionId, purge
from ingenious_storage.documents.erasing import prune as pruning
from ingenious_storage.documents.erasing import replacement
from ingenious_storage.documents.erasing.replacement import Replacement
from ingenious_storage.documents.erasing.withdrawal import Withdrawal
from ingenious_storage.documents.writing import decisions
from ingenious_storage.layers.cache.entries import Entries
from ingenious_storage.layers.cache.layer import CacheLayer
from ingenious_storage.layers.compress import CompressLayer
from ingenious_storage.services import prompts
from tests.library.documents.simulation import rewriting
from tests.library.documents.simulation.case import CRASH, Case
from tests.library.documents.simulation.mutant import Mutant
from tests.library.documents.simulation.rewriting import BACK, PRUNE, REWRITE


def rewrite_without_its_condition(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(replacement, "IfMatch", lambda _etag: None)


def rewrite_that_erases_first(patch: pytest.MonkeyPatch) -> None:
    """The old history goes before the new head is there."""
    land = Replacement.land

    def erased_first(self: Replacement) -> bool:
        self._delete_old()
        return land(self)

    patch.setattr(Replacement, "land", erased_first)


def rewrite_that_keeps_the_key(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Replacement, "erase", Replacement._delete_old)


def rewrite_that_lists_once(patch: pytest.MonkeyPatch) -> None:
    """What a writer has sealed of the old history meanwhile stays."""

    def listed_once(self: Replacement) -> dict[str, int]:
        self.store.files.delete_many([*self.listed])
        return dict(self.listed)

    patch.setattr(Replacement, "_delete_old", listed_once)


def rollback_that_reads_once(patch: pytest.MonkeyPatch) -> None:
    """To what was there at its first try, though it may be erased at the next one."""
    real = decisions.rollback

    def once(*given: Any) -> Any:
        decide, first = real(*given), list[Any]()

        def decided(head: Any, *more: Any, **named: Any) -> Any:
            if not first:
                first.append(decide(head, *more, **named))
            return first[0]

        return decided

    patch.setattr(decisions, "rollback", once)


def prune_of_what_a_restore_needs(patch: pytest.MonkeyPatch) -> None:
    may_go = pruning._may_go

    def careless(head: Any, *given: Any, **named: Any) -> bool:
        return may_go(replace(head, fields={**head.fields, "deleted": False}), *given, **named)

    patch.setattr(pruning, "_may_go", careless)


def label_that_is_not_looked_at_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(DocumentStore, "require_kept", lambda *_: None)


def label_looked_at_through_the_cache(patch: pytest.MonkeyPatch) -> None:
    def remembered(self: DocumentStore, key: str, revision: RevisionId) -> None:
        self.load(key, revision=revision)

    patch.setattr(DocumentStore, "require_kept", remembered)


def erasure_that_asks_once(patch: pytest.MonkeyPatch) -> None:
    """What is pinned, before and not behind."""
    patch.setattr(Withdrawal, "behind", lambda _self, head, _numbers: head)


def withdrawal_that_stays(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Withdrawal, "end", lambda _self: None)


def purge_of_whatever_begins(patch: pytest.MonkeyPatch) -> None:
    """Where it found no set it erases what is there by then, though it has withdrawn nothing."""

    def careless(store: DocumentStore, key: str, *, etag: str | None) -> Any:
        return purge(store, key, etag=etag or None)

    patch.setattr(prompts, "purge", careless)


def cache_that_asks_nobody(patch: pytest.MonkeyPatch) -> None:
    def remembered(self: CacheLayer, key: str, etag: str) -> bool:
        entry = self._entries.get(key)
        return entry is not None and entry.etag == etag

    patch.setattr(CacheLayer, "is_current", remembered)


def cache_that_keeps_what_was_overwritten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Entries, "end_write", lambda *_: None)


def compression_that_drops_the_condition(patch: pytest.MonkeyPatch) -> None:
    put = CompressLayer.put

    def bare(self: CompressLayer, key: str, data: bytes, options: Any) -> Any:
        return put(self, key, data, replace(options, condition=None))

    patch.setattr(CompressLayer, "put", bare)


_BESIDE_A: Final = partial(rewriting.beside, REWRITE, "A")
_CACHED: Final = partial(rewriting.labelling, "prune", max_age=60.0)
_LABEL: Final = partial(rewriting.labelling, "rewrite")
REWRITING: Final = (
    Mutant(rewrite_without_its_condition, Case(_BESIDE_A), 100),
    Mutant(rewrite_that_erases_first, Case(_BESIDE_A, CRASH), 100),
    Mutant(rewrite_that_keeps_the_key, Case(_BESIDE_A, encrypted=True), 100),
    Mutant(rewrite_that_lists_once, Case(_BESIDE_A, CRASH), 1000),
    Mutant(rollback_that_reads_once, Case(partial(rewriting.beside, BACK, REWRITE)), 1000),
    Mutant(prune_of_what_a_restore_needs, Case(partial(rewriting.restoring, PRUNE)), 100),
    Mutant(label_that_is_not_looked_at_again, Case(_LABEL), 100),
    Mutant(label_looked_at_through_the_cache, Case(_CACHED), 100),
    Mutant(erasure_that_asks_once, Case(_LABEL), 100),
    Mutant(withdrawal_that_stays, Case(partial(rewriting.labelling, "purge")), 100),
    Mutant(purge_of_whatever_begins, Case(partial(rewriting.labelling_what_begins, "E")), 1000),
    Mutant(cache_that_asks_nobody, Case(partial(rewriting.reading, max_age=0.0)), 100),
    Mutant(
        cache_that_keeps_what_was_overwritten, Case(partial(rewriting.reading, max_age=60.0)), 100
    ),
    Mutant(
        compression_that_drops_the_condition, Case(partial(rewriting.reading, compressed=True)), 100
    ),
)
