"""Segments of nobody: of the branch that a restored head leaves, of crashes, of late requests."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from ingenious_storage.backends.base import Backend
from ingenious_storage.documents import DocumentStore, Revision, gc, prune, purge, verify
from ingenious_storage.documents.format.segment import MAX_ENTRIES
from ingenious_storage.errors import ConflictError, NotFoundError, RevisionPrunedError
from ingenious_storage.layers.base import Layer
from tests.library.documents.faults.conftest import Network
from tests.library.documents.faults.scenario import KEY, save, store_on
from tests.support.faults import FaultyBackend, any_of, before, on
from tests.support.layering import files_on
from tests.support.writers import remains, whole_history

Branch = list[tuple[Revision, Any]]


class Later(Layer):
    """A store whose clock has gone on since the last write."""

    def __init__(self, inner: Backend, days: float) -> None:
        super().__init__(inner)
        self._days = days

    def now(self) -> datetime:
        return super().now() + timedelta(days=self._days)


def days_later(backend: Backend, days: float) -> DocumentStore:
    return DocumentStore(files_on(Later(backend, days)))


def segments(backend: Backend) -> set[str]:
    return {info.key for info in backend.iterate(f"history/{KEY}/")}


def saved(store: DocumentStore, word: str, count: int) -> Branch:
    return [(store.save(KEY, [word, turn]), [word, turn]) for turn in range(count)]


def readable(backend: Backend, branch: Branch) -> None:
    store = DocumentStore(files_on(backend))
    for revision, data in branch:
        assert store.load(KEY, revision=revision).data == data


def test_a_head_restored_from_an_older_copy(network: Network) -> None:
    """Idle writers of the newer branch go on with the older; both can be read; gc sweeps one."""
    backend, idle, other = network.backend, network.good(), network.good()
    trunk = saved(idle, "trunk", MAX_ENTRIES + 8)
    copy = backend.get(KEY).data
    newer = saved(idle, "newer", 2 * MAX_ENTRIES)
    other.load(KEY)
    at = newer[5][0].number
    assert idle.load(KEY, revision=at).data == newer[5][1]
    newest = backend.get(KEY).data
    sealed_by_newer = segments(backend)
    backend.put(KEY, copy)

    older: Branch = [
        (idle.save(KEY, ["older"]), ["older"]),
        (other.save(KEY, ["other"]), ["other"]),
    ]
    assert [r.number for r, _ in older] == [len(trunk) + 1, len(trunk) + 2]
    older += saved(other, "older", 2 * MAX_ENTRIES)
    readable(backend, trunk + older)
    assert idle.load(KEY, revision=at).data == (trunk + older)[at - 1][1]
    with pytest.raises(ConflictError):  # of the same number, and of another lineage
        idle.load(KEY, revision=newer[0][0])
    branch = backend.get(KEY).data

    backend.put(KEY, newest)
    readable(backend, trunk + newer)
    assert idle.history(KEY, limit=None) == [r for r, _ in reversed(trunk + newer)]
    backend.put(KEY, branch)

    report = verify(DocumentStore(files_on(backend)))
    assert (report.problems, report.revisions) == ((), len(trunk + older))
    strays = set(report.orphans)
    assert strays == sealed_by_newer - {min(sealed_by_newer)}
    in_use = segments(backend) - strays
    assert gc(days_later(backend, 0)).keys == ()
    assert set(gc(days_later(backend, 2), dry_run=True).keys) == strays
    assert segments(backend) == in_use | strays
    assert set(gc(days_later(backend, 2)).keys) == strays
    assert segments(backend) == in_use
    assert whole_history(backend, KEY) == trunk + older


def test_a_branch_that_was_pruned_and_purged_is_gone_whole(network: Network) -> None:
    backend, store = network.backend, network.good()
    saved(store, "trunk", 8)
    copy = backend.get(KEY).data
    saved(store, "newer", 2 * MAX_ENTRIES)
    backend.put(KEY, copy)
    saved(store, "older", 2 * MAX_ENTRIES)
    prune(store, KEY, keep=1)
    with pytest.raises(RevisionPrunedError):
        store.load(KEY, revision=1)
    purge(store, KEY)
    assert remains(backend) == []


def test_a_seal_that_lands_when_its_segment_was_pruned_is_swept(network: Network) -> None:
    """The one way in which what was pruned can come back, and how it goes again."""
    store, held = network.bad(attempts=5), network.held()
    saved(network.good(), "a", MAX_ENTRIES)
    network.disturb(on("put", "segment", held))
    told = store.save(KEY, ["b"])
    assert prune(network.good(), KEY, keep=1).first == told.number
    held.land()
    (stray,) = verify(network.good()).orphans
    with pytest.raises(RevisionPrunedError):
        network.good().load(KEY, revision=1)
    assert gc(days_later(network.backend, 0)).keys == ()
    assert gc(days_later(network.backend, 2)).keys == (stray,)
    assert whole_history(network.backend, KEY) == [(told, ["b"])]


def test_a_swap_that_lands_when_its_document_was_purged_does_nothing(network: Network) -> None:
    store, held = network.bad(attempts=1), network.held()
    saved(network.good(), "a", 3)
    store.load(KEY)

    def meanwhile() -> None:
        purge(network.good(), KEY)
        held.land()

    rule = any_of(on("put", "head", held), on("get", "head", before(meanwhile)))
    network.disturb(rule)
    told = save(["b"])(store)
    assert told.number == 1
    assert whole_history(network.backend, KEY) == [(told, ["b"])]


def dies() -> None:
    raise SystemExit


@pytest.mark.parametrize("network", ["inmemory", "local"], indirect=True)
def test_a_seal_of_a_client_that_dies_during_the_purge(network: Network) -> None:
    saved(network.good(), "a", 2 * MAX_ENTRIES)
    line, purger = FaultyBackend(network.backend), network.bad(attempts=1)
    idle = store_on(line)
    idle.load(KEY)

    def seal_and_die() -> None:
        line.rule = on("put", "head", before(dies))
        with pytest.raises(SystemExit):
            idle.save(KEY, ["b"])
        assert segments(network.backend) != set()

    network.disturb(on("delete", "head", before(seal_and_die)))
    purge(purger, KEY)
    assert remains(network.backend) == []


@pytest.mark.parametrize("network", ["inmemory", "local"], indirect=True)
def test_a_seal_of_a_client_that_died_is_found_by_the_next_purge(network: Network) -> None:
    """It came after the purge, and its client did not live to take it back."""
    idle, good = network.bad(attempts=1), network.good()
    saved(good, "a", MAX_ENTRIES)
    idle.load(KEY)
    purge(good, KEY)

    network.disturb(on("put", "head", before(dies)))
    with pytest.raises(SystemExit):
        idle.save(KEY, ["b"])
    assert set(verify(good).orphans) == segments(network.backend) != set()
    receipt = purge(good, KEY)
    assert (receipt.revisions, receipt.blobs) == (None, 1)
    assert remains(network.backend) == []
    with pytest.raises(NotFoundError):
        purge(good, KEY)
