"""A storage looks after itself: verify, gc and repair of both its containers."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from ingenious_storage import Storage
from ingenious_storage.config import Role
from ingenious_storage.documents import LOST_HEAD, GcReport, Stored, VerifyReport, purge
from ingenious_storage.documents.format.segment import MAX_ENTRIES
from ingenious_storage.services.kinds import LABELS, MEMORIES, PROMPT_SETS
from ingenious_storage.storage import DANGLING_LABEL
from tests.support.polling import eventually

ORPHAN = "history/conversations/a/memory.json/0000000009-0123456789abcdef"


def filled(storage: Storage) -> Storage:
    storage.memory.save_memory("a", 1)
    storage.memory.save_memory("a", 2)
    storage.prompts.create_set("support", {"a.md": "1"})
    storage.prompts.set_label("production", "support")
    return storage


def test_verify_counts_what_is_in_order(storage: Storage) -> None:
    assert storage.verify() == {"data": VerifyReport(), "revisions": VerifyReport()}
    filled(storage).data.save_text("notes/of-the-application.txt", "not a document")
    assert storage.verify() == {"data": VerifyReport(1, 2), "revisions": VerifyReport(2, 2)}


def test_verify_of_containers_that_are_not_there_makes_none(storage: Storage) -> None:
    assert not storage.data.container_exists()
    storage.verify()
    storage.gc()
    storage.repair(dry_run=False)
    assert not storage.data.container_exists()
    assert not storage.revisions.container_exists()


def test_verify_names_labels_whose_revision_is_gone(storage: Storage) -> None:
    purge(filled(storage).prompts.documents, PROMPT_SETS.key("support"))
    (problem,) = storage.verify()["revisions"].problems
    assert (problem.key, problem.code) == (LABELS.key("production"), DANGLING_LABEL)
    assert "revision 1 of 'support'" in problem.message


def test_what_one_process_lists_others_verify(storage: Storage) -> None:
    purge(filled(storage).prompts.documents, PROMPT_SETS.key("support"))
    for number in range(MAX_ENTRIES + 1):
        storage.memory.save_memory("b", number)
    storage.memory.save_memory("lost", 1)
    storage.data.save_bytes(MEMORIES.key("lost"), b"<html>")
    storage.data.save_bytes(ORPHAN, b"an orphan")
    roles = list[Role]()

    def spread(role: Role, items: Iterator[Stored]) -> Iterator[VerifyReport]:
        roles.append(role)
        for item in items:
            with Storage(storage.settings) as other:
                yield other.verify_listed(role, pickle.loads(pickle.dumps([item])))

    whole = storage.verify()
    assert (len(whole["data"].problems), len(whole["revisions"].problems)) == (1, 1)
    assert storage.verify(spread=spread) == whole
    assert set(roles) == {"data", "revisions"}


def test_gc_sweeps_orphans_that_are_old_enough(storage: Storage) -> None:
    filled(storage).data.save_bytes(ORPHAN, b"an orphan")
    assert storage.verify()["data"].orphans == (ORPHAN,)
    kept = GcReport(dry_run=False)
    assert storage.gc() == {"data": kept, "revisions": kept}  # too young
    now = timedelta(0)
    (written, size) = next((i.last_modified, i.size) for i in storage.data.list_blobs(ORPHAN))
    eventually(lambda: storage.data.now() >= written)  # versitygw's date is up to a second late
    would = storage.gc(grace=now, dry_run=True)
    assert would == {"data": GcReport((ORPHAN,), size, True), "revisions": GcReport((), 0, True)}
    assert storage.data.exists(ORPHAN)
    assert storage.gc(grace=now)["data"] == GcReport((ORPHAN,), size)
    assert not storage.data.exists(ORPHAN)


def test_repair_brings_heads_back(storage: Storage) -> None:
    key = MEMORIES.key("a")
    for number in range(MAX_ENTRIES + 1):
        filled(storage) if number == 0 else storage.memory.save_memory("a", number)
    storage.data.delete(key)
    assert [each.code for each in storage.verify()["data"].problems] == [LOST_HEAD]
    assert storage.repair("prompts/") == {"data": [], "revisions": []}
    (made,) = storage.repair("conv")["data"]
    assert (made.key, made.name, made.source, made.dry_run) == (key, "a", "segments", True)
    assert not storage.data.exists(key)
    (made,) = storage.repair(dry_run=False)["data"]
    assert made.revision is not None
    assert made.revision == storage.memory.snapshot("a").revision
    assert storage.verify()["data"].problems == ()


@pytest.mark.parametrize(
    ("grace", "error"),
    [(timedelta(microseconds=-1), ValueError), (5, TypeError), (None, TypeError)],
)
def test_a_grace_that_is_none_is_refused(
    storage: Storage, grace: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        storage.gc(grace=grace)
