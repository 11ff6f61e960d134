"""A packed document whose head is lost comes back, and is as quick to read as before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from ingenious_storage.backends.base import Backend
from ingenious_storage.documents import MSGPACK, DocumentStore, gc, prune, purge, repair, verify
from ingenious_storage.errors import NotFoundError, RevisionPrunedError
from tests.support.counting import CountingBackend
from tests.support.layering import behind, files_on

KEY = "agents/langgraph/a/state.msgpack"
Damage = Callable[[Backend], None]


def delete(backend: Backend) -> None:
    backend.delete(KEY)


def cut(backend: Backend) -> None:
    behind(backend).put(KEY, behind(backend).get(KEY).data[:-7])


def another(backend: CountingBackend) -> DocumentStore:
    backend.reset()
    return DocumentStore(files_on(backend)).encoded(MSGPACK)


def filled(backend: CountingBackend, count: int) -> DocumentStore:
    store = another(backend)
    for turn in range(count):
        store.save(KEY, {"turn": turn, "raw": bytes([turn % 256])}, name="a name")
    return store


@pytest.mark.parametrize("damage", [delete, cut])
@pytest.mark.parametrize("count", [33, 100])
def test_all_that_was_sealed_comes_back(
    backend: CountingBackend, damage: Damage, count: int
) -> None:
    sealed = (count - 1) // 32 * 32
    history = filled(backend, count).history(KEY, limit=None)
    damage(backend)
    assert len(verify(another(backend)).problems) == 1
    assert gc(another(backend), grace=timedelta(0)).keys == ()
    (told,) = repair(another(backend), dry_run=False)
    assert (told.source, told.first, told.lost) == ("segments", 1, ())
    assert told.revision == history[-sealed]
    store = another(backend)
    head = store.head(KEY)
    assert head is not None
    assert (head.name, head.encoding, len(head.index)) == ("a name", "msgpack", sealed // 32)
    assert store.history(KEY, limit=None) == history[-sealed:]
    assert store.load(KEY).data == {"turn": sealed - 1, "raw": bytes([sealed - 1])}
    assert verify(another(backend)).problems == ()


def test_a_repaired_document_knows_its_segments(backend: CountingBackend) -> None:
    filled(backend, 100)
    backend.delete(KEY)
    repair(another(backend), dry_run=False)
    store = another(backend)
    for turn in range(96, 140):
        store.save(KEY, {"turn": turn})
    for number in (1, 40, 96, 110):
        assert another(backend).load(KEY, revision=number).data["turn"] == number - 1
        assert dict(backend.operations) == {"get": 2}
    assert verify(another(backend)).problems == ()


def test_a_field_that_only_the_checksum_refuses_is_no_reason_to_lose_a_revision(
    backend: CountingBackend,
) -> None:
    """A packed head has one checksum for all: what it refuses comes back from its segments."""
    filled(backend, 40)
    raw = bytearray(behind(backend).get(KEY).data)
    raw[-1] ^= 1  # of the checksum itself
    behind(backend).put(KEY, bytes(raw))
    (told,) = repair(another(backend), dry_run=False)
    assert told.source == "segments"
    assert told.revision is not None
    assert told.revision.number == 32


def test_prune_and_purge(backend: CountingBackend) -> None:
    store = filled(backend, 150)
    report = prune(store, KEY, keep=60)
    assert (report.first, report.revisions, report.blobs) == (65, 64, 2)
    with pytest.raises(RevisionPrunedError):
        another(backend).load(KEY, revision=64)
    for number in (65, 97, 128, 150):
        assert another(backend).load(KEY, revision=number).data["turn"] == number - 1
        assert backend.total <= 2
    store.save(KEY, {"turn": 150})
    assert verify(another(backend)).problems == ()
    for turn in range(151, 170):
        store.save(KEY, {"turn": turn})
    head = another(backend).head(KEY)
    assert head is not None
    assert [number.number for number, _ in head.index] == [96, 128, 160], "pruned ones are left out"
    receipt = purge(store, KEY)
    assert (receipt.revisions, receipt.blobs) == (170 - 64, 4)
    with pytest.raises(NotFoundError):
        another(backend).load(KEY)
    assert another(backend).save(KEY, 1).number == 1
    assert another(backend).load(KEY).data == 1


def test_a_pin_that_comes_while_it_is_pruned_leaves_nothing_unreachable(
    backend: CountingBackend,
) -> None:
    """Who pins what was just cut has it back, also below what was sealed in between."""
    store = filled(backend, 100)
    asked: list[int] = []

    def spare() -> list[int]:
        asked.append(len(asked))
        if len(asked) == 2:  # the history is cut, nothing is deleted
            other = DocumentStore(files_on(backend)).encoded(MSGPACK)
            for turn in range(100, 140):
                other.save(KEY, {"turn": turn})
        return [3] if len(asked) > 1 else []

    assert prune(store, KEY, keep=10, spare=spare).revisions == 0
    for number in (1, 3, 40, 70, 139):
        assert another(backend).load(KEY, revision=number).data["turn"] == number - 1
        assert backend.total <= 2
    report = verify(another(backend))
    assert (report.problems, report.orphans, report.revisions) == ((), (), 140)
