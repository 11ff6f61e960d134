"""A head that was deleted, cut or damaged comes back from what is left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
import zstandard as zstd

from ingenious_storage import MemoryManager
from ingenious_storage.backends.base import Backend
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.documents import DocumentStore, Revision, gc, prune, purge, repair, verify
from ingenious_storage.documents.format.segment import KEYFRAME_GROWTH, MAX_ENTRIES
from ingenious_storage.errors import (
    AlreadyExistsError,
    NotFoundError,
    RevisionPrunedError,
    UnavailableError,
)
from ingenious_storage.services.kinds import MEMORIES
from tests.support.faults import FaultyBackend, before, on, refused
from tests.support.layering import behind, files_on

KEY = MEMORIES.key("a")
KEYFRAME = MAX_ENTRIES
Damage = Callable[[Backend], None]


def delete(backend: Backend) -> None:
    backend.delete(KEY)


def cut(backend: Backend) -> None:
    behind(backend).put(KEY, behind(backend).get(KEY).data[:-7])


def empty(backend: Backend) -> None:
    behind(backend).put(KEY, b"")


DAMAGE = [delete, cut, empty]


def memory_of(backend: Backend) -> MemoryManager:
    return MemoryManager(files_on(backend))


def store_of(backend: Backend) -> DocumentStore:
    return memory_of(backend).documents


def grown(backend: Backend, count: int) -> list[tuple[Revision, Any]]:
    """A conversation of `count` revisions, each with one message more."""
    memory = memory_of(backend)
    made = []
    for turn in range(count):
        revision = memory.append_messages(
            "a", [{"role": "user", "content": f"message {turn}"}], author="ann", message=f"{turn}"
        )
        made.append((revision, memory.load_memory("a")))
    return made


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("count", [33, 64, 65, 100])
def test_the_newest_keyframe_comes_back(count: int, damage: Damage) -> None:
    backend = InMemoryBackend()
    made = grown(backend, count)
    damage(backend)
    before = {info.key: info.etag for info in backend.iterate()}
    assert verify(store_of(backend)).problems != ()

    (told,) = repair(store_of(backend), "conversations/", name_of=MEMORIES.name)
    assert {info.key: info.etag for info in backend.iterate()} == before, "a dry run"
    (done,) = repair(store_of(backend), "conversations/", name_of=MEMORIES.name, dry_run=False)
    assert (told.dry_run, done.dry_run) == (True, False)

    assert (done.key, done.name, done.source, done.first) == (KEY, "a", "segments", 1)
    assert done.revision == made[KEYFRAME - 1][0]
    sealed = (count - 1) // MAX_ENTRIES * MAX_ENTRIES
    assert list(done.lost) == [revision for revision, _ in made[KEYFRAME:sealed]]
    trace = count if damage is cut else sealed  # what is left of the head names its number
    assert done.lost_up_to == (trace if trace > KEYFRAME else None)
    memory = memory_of(backend)
    assert memory.load_memory("a") == made[KEYFRAME - 1][1]
    assert memory.history("a", limit=None) == [r for r, _ in reversed(made[:KEYFRAME])]
    for revision, data in made[:KEYFRAME]:
        assert memory.load_memory("a", revision=revision) == data
    assert list(memory.list_conversations()) == ["a"]
    assert verify(store_of(backend)).problems == ()
    assert repair(store_of(backend)) == []
    goes_on(backend, made[:KEYFRAME])


def goes_on(backend: Backend, made: list[tuple[Revision, Any]]) -> None:
    memory = memory_of(backend)
    for turn in range(2 * MAX_ENTRIES):
        data = {"messages": [], "again": turn}
        made = [*made, (memory.save_memory("a", data), data)]
    assert [r.number for r, _ in made] == list(range(1, len(made) + 1))
    for revision, data in made:
        assert memory_of(backend).load_memory("a", revision=revision) == data
    assert verify(store_of(backend)).problems == ()
    gc(store_of(backend), grace=timedelta(days=-1))
    assert verify(store_of(backend)).orphans == ()
    assert memory_of(backend).load_memory("a", revision=1) == made[0][1]


@pytest.mark.parametrize("place", ["local", "azurite"], indirect=True)
@pytest.mark.parametrize("damage", DAMAGE)
def test_on_a_real_store(place: Backend, damage: Damage) -> None:
    made = grown(place, MAX_ENTRIES + 1)
    damage(place)
    (done,) = repair(store_of(place), dry_run=False)
    assert done.revision == made[MAX_ENTRIES - 1][0]
    assert memory_of(place).load_memory("a") == made[MAX_ENTRIES - 1][1]
    assert verify(store_of(place)).problems == ()


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGE)
def test_documents_of_every_age(damage: Damage) -> None:
    """Of a document that grows, at least one in eight revisions comes back, and never none."""
    backend = InMemoryBackend()
    memory, data = memory_of(backend), ["x" * 40]
    made = [(memory.save_memory("a", data), data)]
    for age in range(2, 700):
        data = [*data, "x" * 40]
        made.append((memory.save_memory("a", data), data))
        if age <= MAX_ENTRIES or age % 29:
            continue
        copy = InMemoryBackend()
        for info in backend.iterate():
            copy.put(info.key, backend.get(info.key).data)
        damage(copy)
        (done,) = repair(store_of(copy), dry_run=False)
        assert done.revision is not None
        number = done.revision.number
        assert number * KEYFRAME_GROWTH + MAX_ENTRIES > age
        assert (done.revision, memory_of(copy).load_memory("a")) == made[number - 1]
        report = verify(store_of(copy))
        assert (report.revisions, report.problems) == (number, ())
        assert number + len(done.lost) == (age - 1) // MAX_ENTRIES * MAX_ENTRIES


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_young_document_has_no_segments(damage: Damage) -> None:
    backend = InMemoryBackend()
    grown(backend, MAX_ENTRIES)
    damage(backend)
    found = repair(store_of(backend), dry_run=False)
    if damage is delete:
        assert found == [], "no trace is left of it"
        return
    (told,) = found
    assert (told.source, told.revision, told.first) == (None, None, None)
    assert told.lost_up_to == (MAX_ENTRIES if damage is cut else None)
    assert [p.code for p in verify(store_of(backend)).problems] == ["corrupt_object"]


@pytest.mark.parametrize("count", [3, MAX_ENTRIES + 3])
def test_a_head_of_which_only_a_note_is_damaged_keeps_everything(count: int) -> None:
    backend = InMemoryBackend()
    made = grown(backend, count)
    raw = behind(backend).get(KEY).data
    author = raw.rindex(b'"ann"')
    behind(backend).put(KEY, raw[: author + 1] + b"b" + raw[author + 2 :])
    (done,) = repair(store_of(backend), dry_run=False)
    assert (done.source, done.lost, done.lost_up_to) == ("head", (), None)
    history = memory_of(backend).history("a", limit=None)
    assert [r.sha256 for r in history] == [r.sha256 for r, _ in reversed(made)]
    assert history[0].author == "bnn"
    assert verify(store_of(backend)).problems == ()


def test_the_name_of_a_long_id_comes_from_the_segment() -> None:
    backend, name = InMemoryBackend(), "日" * 80
    memory = memory_of(backend)
    for turn in range(MAX_ENTRIES + 1):
        memory.save_memory(name, turn)
    backend.delete(MEMORIES.key(name))
    (done,) = repair(store_of(backend), name_of=MEMORIES.name, dry_run=False)
    assert done.name == name
    assert list(memory_of(backend).list_conversations()) == [name]


def test_a_deleted_document_comes_back_deleted() -> None:
    backend = InMemoryBackend()
    memory = memory_of(backend)
    for turn in range(MAX_ENTRIES - 1):
        memory.save_memory("a", turn)
    memory.delete_memory("a")
    memory.save_memory("a", "again")
    backend.delete(KEY)
    backend.delete(f"deleted/{KEY}")
    (done,) = repair(store_of(backend), dry_run=False)
    assert done.revision is not None
    assert done.revision.deleted
    memory = memory_of(backend)
    assert list(memory.list_conversations()) == []
    with pytest.raises(NotFoundError):
        memory.load_memory("a")
    memory.restore_memory("a")
    assert memory.load_memory("a") == MAX_ENTRIES - 2


def test_a_purge_is_not_undone() -> None:
    backend = InMemoryBackend()
    grown(backend, MAX_ENTRIES + 1)
    (segment,) = [backend.get(info.key) for info in backend.iterate("history/")]
    purge(store_of(backend), KEY)
    backend.put(segment.info.key, segment.data)  # as if it had been interrupted
    assert repair(store_of(backend), dry_run=False) == []
    with pytest.raises(NotFoundError):
        memory_of(backend).load_memory("a")


def test_a_purge_gives_up_a_document_without_a_head() -> None:
    backend = InMemoryBackend()
    grown(backend, MAX_ENTRIES + 1)
    backend.delete(KEY)
    purge(store_of(backend), KEY)
    assert verify(store_of(backend)).problems == ()
    assert list(backend.iterate("history/")) == []


def test_a_pruned_document_gets_another_keyframe() -> None:
    backend = InMemoryBackend()
    made = grown(backend, 3 * MAX_ENTRIES)
    prune(store_of(backend), KEY, keep=MAX_ENTRIES)
    memory = memory_of(backend)
    for turn in range(MAX_ENTRIES + 1):
        memory.append_messages("a", [turn])
    backend.delete(KEY)
    (done,) = repair(store_of(backend), dry_run=False)
    assert done.revision == made[3 * MAX_ENTRIES - 1][0]
    assert done.first == 2 * MAX_ENTRIES + 1
    memory = memory_of(backend)
    assert memory.load_memory("a", revision=done.first) == made[done.first - 1][1]
    with pytest.raises(RevisionPrunedError):
        memory.load_memory("a", revision=done.first - 1)
    assert verify(store_of(backend)).problems == ()


def test_history_below_a_damaged_segment_is_named_as_lost() -> None:
    backend = InMemoryBackend()
    made = grown(backend, 9 * MAX_ENTRIES + 1)
    keys = [info.key for info in backend.iterate("history/")]
    backend.delete(KEY)
    behind(backend).put(keys[3], b"damaged")
    (done,) = repair(store_of(backend), dry_run=False)
    assert done.damaged == (keys[3],)
    assert done.revision == made[8 * MAX_ENTRIES - 1][0], "the document has grown by eight"
    assert done.first == 4 * MAX_ENTRIES + 1
    memory = memory_of(backend)
    assert memory.load_memory("a", revision=done.first) == made[done.first - 1][1]
    assert verify(store_of(backend)).problems == ()


def test_a_head_that_is_in_order_is_not_touched() -> None:
    backend = InMemoryBackend()
    grown(backend, MAX_ENTRIES + 1)
    (segment,) = backend.iterate("history/")
    behind(backend).put(segment.key, b"damaged")
    assert repair(store_of(backend), dry_run=False) == []


def test_a_document_that_was_made_again_meanwhile_stays() -> None:
    backend = InMemoryBackend()
    grown(backend, MAX_ENTRIES + 1)
    backend.delete(KEY)
    line = FaultyBackend(backend)
    line.rule = on("put", "head", before(lambda: memory_of(backend).save_memory("a", "new")))
    with pytest.raises(AlreadyExistsError):
        repair(DocumentStore(files_on(line)), dry_run=False)
    assert memory_of(backend).load_memory("a") == "new"


def test_a_segment_that_another_release_sealed_without_a_keyframe() -> None:
    """Sealed by it, and not swapped: who goes on must not take it for a keyframe."""
    backend, other = InMemoryBackend(), InMemoryBackend()
    made = grown(backend, MAX_ENTRIES)
    behind(other).put(KEY, behind(backend).get(KEY).data)
    memory_of(other).save_memory("a", "seals")
    (info,) = other.iterate("history/")
    record = orjson.loads(zstd.decompress(behind(other).get(info.key).data))
    for field in ("data", "name", "origin"):
        del record[field]
    behind(backend).put(info.key, zstd.compress(orjson.dumps(record)))

    memory = memory_of(backend)
    for turn in range(2 * MAX_ENTRIES):
        made.append((memory.save_memory("a", turn), turn))
    sealed = orjson.loads(behind(backend).get(KEY).data)["sealed"]
    assert sealed["keyframe"]["number"] == 2 * MAX_ENTRIES
    for revision, data in made:
        assert memory_of(backend).load_memory("a", revision=revision) == data
    assert verify(store_of(backend)).problems == ()


def test_a_prune_by_age_spares_the_newest_revision_though_it_is_in_a_segment() -> None:
    """The segment is as old as the rest, and what it ends with was never superseded."""
    backend = InMemoryBackend()
    made = grown(backend, 3 * MAX_ENTRIES)
    delete(backend)
    repair(store_of(backend), name_of=MEMORIES.name, dry_run=False)
    newest = store_of(backend).existing(KEY)
    assert newest.sealed_number == newest.number
    report = prune(store_of(backend), KEY, superseded=timedelta(0))
    assert report.first <= newest.number
    assert store_of(backend).load(KEY).data == made[newest.number - 1][1]
    assert verify(store_of(backend)).problems == ()


def test_a_segment_that_is_out_of_reach_is_not_taken_for_damage() -> None:
    """Or the head would come back without it, and `gc` would sweep it."""
    backend = InMemoryBackend()
    grown(backend, 2 * KEYFRAME + 1)
    delete(backend)
    line = FaultyBackend(backend, on("get", "segment", refused))
    with pytest.raises(UnavailableError):
        repair(store_of(line), dry_run=False)
    assert store_of(backend).head(KEY) is None
    (done,) = repair(store_of(backend), dry_run=False)
    assert done.damaged == ()
