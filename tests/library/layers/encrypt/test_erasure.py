"""A purge destroys the keys of what it erased and no others, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingenious_storage.backends.base import Backend, IfAbsent, IfMatch, Lineage, PutOptions
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.documents import DocumentStore, gc, prune, purge, repair
from ingenious_storage.documents.format import segment
from ingenious_storage.documents.format.segment import split_key
from ingenious_storage.errors import (
    KeyDestroyedError,
    NotFoundError,
    StorageError,
)
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.key_providers.key_file import KeyFile
from ingenious_storage.layers.encrypt.keyring import Keyring
from ingenious_storage.layers.encrypt.layer import EncryptLayer
from tests.library.documents.faults.scenario import KEY, NO_PAUSES
from tests.support.faults import Fault, FaultyBackend, Held, Request, Rule, after, before
from tests.support.faults import lost as answer_lost
from tests.support.faults import refused as never_arrived
from tests.support.stores import STORES, running, slow

RECORD = f"keys/documents/{KEY}"
NOW = timedelta(0)
LATER = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "MAX_ENTRIES", 4)


class World:
    """A store with documents that have keys of their own, and a clock."""

    def __init__(self, folder: Path, backend: Backend | None = None) -> None:
        self.time = LATER
        self.provider = KeyFile.create(folder / "keys.json")
        self.backend = backend or InMemoryBackend(clock=self.clock)

    def clock(self) -> datetime:
        return self.time

    def sealed(self, backend: Backend) -> EncryptLayer:
        keyring = Keyring(
            backend, lambda: self.provider, role="data", document_of=document_of, clock=self.clock
        )
        return EncryptLayer(backend, keyring)

    def store(self, rule: Rule | None = None) -> DocumentStore:
        """A process that remembers nothing, whose requests meet `rule`."""
        return self.opened(FaultyBackend(self.backend, rule))

    def opened(self, backend: Backend) -> DocumentStore:
        layer = self.sealed(backend)
        return DocumentStore(FileStorage(layer), pauses=NO_PAUSES, workers=1, owns=is_document)

    def saved(self, *words: str) -> None:
        for word in words:
            self.store().save(KEY, [word])

    def blobs(self) -> dict[str, bytes]:
        return {info.key: self.backend.get(info.key).data for info in self.backend.iterate()}

    def keys(self) -> list[str]:
        return list(self.sealed(self.backend).document_keys(KEY))

    def readable(self, copy: dict[str, bytes]) -> list[str]:
        """What of a copy can be opened with the keys that are there now."""
        lab = InMemoryBackend()
        for key, data in copy.items():
            if not key.startswith("keys/"):
                lab.put(key, data)
        for key, data in self.blobs().items():
            if key.startswith("keys/"):
                lab.put(key, data)
        layer, found = self.sealed(lab), []
        for key in copy:
            if document_of(key):
                try:
                    layer.get(key)
                except KeyDestroyedError:
                    continue
                found.append(key)
        return found


def is_document(key: str) -> bool:
    return key == KEY


def document_of(key: str) -> str | None:
    split = split_key(key)
    document = split[0] if split else key
    return document if is_document(document) else None


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


NUMBERED = [str(number) for number in range(10)]
"""So many revisions that two segments are sealed."""


def on(operation: str, key: str, *faults: Fault | None) -> Rule:
    """`faults` in turn for the requests of one operation on one blob."""
    waiting = list(faults)

    def rule(request: Request) -> Fault | None:
        if waiting and (request.operation, request.key) == (operation, key):
            return waiting.pop(0)
        return None

    return rule


def test_a_copy_cannot_be_read_once_the_key_is_gone(world: World) -> None:
    world.saved(*NUMBERED)
    copy = world.blobs()
    assert len(world.readable(copy)) == 3
    receipt = purge(world.store(), KEY)
    assert receipt.keys is not None
    assert (len(receipt.keys), receipt.copies_readable) == (1, False)
    assert world.readable(copy) == []
    assert RECORD not in world.blobs()
    world.saved("new")
    assert world.readable(copy) == []
    assert world.store().load(KEY).data == ["new"]


@pytest.mark.parametrize("name", [*slow(*STORES)])
def test_nor_can_one_of_any_store(
    name: str, tmp_path: Path, container_name: str, request: pytest.FixtureRequest
) -> None:
    """Also where a store does not delete on condition, and a record without keys stays."""
    backend = running(name, request).backend(container_name)
    backend.ensure_container()
    world = World(tmp_path, backend)
    for _ in range(2):
        world.saved(*NUMBERED)
        copy = world.blobs()
        assert len(world.readable(copy)) == 3
        purge(world.store(), KEY)
        assert world.readable(copy) == []
        assert world.keys() == []
    with pytest.raises(NotFoundError):
        purge(world.store(), KEY)
    gc(world.store(), "conversations/")
    backend.close()


def test_what_a_prune_dropped_stays_readable_in_a_copy_until_the_purge(world: World) -> None:
    world.saved(*NUMBERED)
    copy, record = world.blobs(), world.blobs()[RECORD]
    assert prune(world.store(), KEY, keep=1).blobs
    assert world.blobs()[RECORD] == record
    assert len(world.readable(copy)) == 3
    purge(world.store(), KEY)
    assert world.readable(copy) == []


def test_a_purge_costs_four_requests_more(world: World) -> None:
    world.saved("old")
    line = FaultyBackend(world.backend)
    store = world.opened(line)
    store.save(KEY, ["newer"])  # so that the master key and the container's are known
    line.requests.clear()
    purge(store, KEY)
    of_keys = [request for request in line.requests if (request.key or "").startswith("keys/")]
    assert [request.operation for request in of_keys] == ["get", "get", "get", "delete"]
    assert len(line.requests) == 9


@pytest.mark.parametrize("fault", [answer_lost, never_arrived], ids=["lost", "refused"])
def test_a_purge_that_fails_at_any_request_is_finished_by_another(
    world: World, fault: Fault
) -> None:
    for position in range(1, 40):
        world.saved(*NUMBERED)
        copy = world.blobs()
        store = world.store(lambda r, at=position: fault if r.position == at else None)  # type: ignore[misc]
        with suppress(StorageError):
            purge(store, KEY)
            if len(store.files.backend.inner.requests) < position:  # type: ignore[attr-defined]
                break
        with suppress(NotFoundError):
            purge(world.store(), KEY)
        assert world.readable(copy) == []
        assert left(world) == set()
    else:
        pytest.fail("a purge has more requests than expected")


@pytest.mark.parametrize("begins_again", [False, True])
def test_a_purge_that_is_killed_at_any_write_is_finished_by_gc(
    world: World, *, begins_again: bool
) -> None:
    """Also when another document was put on top of its tombstone meanwhile."""
    seen = 0
    for position in range(1, 40):
        world.saved(*NUMBERED)
        copy = world.blobs()

        def rule(request: Request, at: int = position) -> Fault | None:
            return never_arrived if request.position >= at else None

        with suppress(StorageError):
            purge(world.store(rule), KEY)
            break
        if world.store().head(KEY).purged:  # type: ignore[union-attr]
            seen += 1
            if begins_again:
                world.saved("new")
            world.time += timedelta(seconds=1)
            assert gc(world.store(), "conversations/").destroyed  # whatever its age
            assert world.readable(copy) == []
            assert not begins_again or world.store().load(KEY).data == ["new"]
        with suppress(NotFoundError):
            purge(world.store(), KEY)
        assert world.keys() == []
    assert seen > 3


def left(world: World) -> set[str]:
    """What is there of documents and their keys but a tombstone."""
    return {key for key in world.blobs() if key != KEY and (document_of(key) or key == RECORD)}


def test_a_tombstone_that_lands_late_costs_the_next_document_no_key(world: World) -> None:
    """It lands after the head was read again, and somebody begins anew at once."""
    world.saved(*NUMBERED)
    copy, held = world.blobs(), Held()

    def begin_anew() -> None:
        held.land()
        world.saved("new")

    reads = on("get", KEY, None, after(begin_anew))
    puts = on("put", KEY, held)
    receipt = purge(world.store(lambda request: puts(request) or reads(request)), KEY)
    assert world.store().load(KEY).data == ["new"]
    assert world.readable(copy) == []
    assert receipt.keys is not None
    assert len(receipt.keys) == 1


def test_who_finishes_a_purge_destroys_no_key_of_a_document_that_is_there(world: World) -> None:
    """Between its look at the tombstone and at the keys, two documents come and one goes."""
    world.saved("old")
    with suppress(StorageError):
        purge(world.store(on("delete", RECORD, never_arrived)), KEY)

    def meanwhile() -> None:
        world.saved("second")
        purge(world.store(), KEY)
        world.saved("third")

    with suppress(NotFoundError):
        purge(world.store(on("get", KEY, after(meanwhile))), KEY)
    assert world.store().load(KEY).data == ["third"]
    assert len(world.keys()) == 1


FINISHERS: dict[str, Callable[[DocumentStore], object]] = {
    "purge": lambda store: purge(store, KEY),
    "gc": lambda store: gc(store, "conversations/"),
}


@pytest.mark.parametrize("finish", FINISHERS.values(), ids=FINISHERS)
def test_who_finishes_a_purge_spares_the_key_of_who_begins_over_its_tombstone(
    world: World, finish: Callable[[DocumentStore], object]
) -> None:
    """It has its key, and its head is still on its way."""
    world.saved("old")
    with suppress(StorageError):
        purge(world.store(on("delete", RECORD, never_arrived)), KEY)
    (old,) = world.keys()

    def begin() -> None:
        condition = IfMatch(world.backend.head(KEY).etag)
        options = PutOptions(condition=condition, lineage=Lineage.BEGINS)
        world.sealed(world.backend).keyring.sealing(KEY, options)

    finish(world.store(on("get", RECORD, before(begin))))
    (new,) = world.keys()
    assert new != old


def test_gc_destroys_no_key_of_a_document_that_is_there(world: World) -> None:
    """Between its look at the tombstone and at the keys, two documents come and one goes."""
    world.saved("old")
    with suppress(StorageError):
        purge(world.store(on("delete", RECORD, never_arrived)), KEY)

    def meanwhile() -> None:
        world.saved("second")
        purge(world.store(), KEY)
        world.saved("third")

    gc(world.store(on("get", RECORD, before(meanwhile))), "conversations/")
    assert world.store().load(KEY).data == ["third"]


def test_a_key_that_comes_while_a_purge_is_under_way_is_destroyed_too(world: World) -> None:
    world.saved("old")

    def late() -> None:
        """As a writer does that has seen the document, and finds no key of it any more."""
        documents = world.sealed(world.backend).keyring.documents
        world.backend.delete(RECORD)
        documents._begun(KEY, absent=False)

    receipt = purge(world.store(on("put", KEY, after(late))), KEY)
    assert receipt.keys is not None
    assert len(receipt.keys) == 2
    assert world.keys() == []


def test_who_reads_while_it_is_purged_finds_nothing(world: World) -> None:
    """Its bytes were read before, and its key is gone."""
    world.saved("old")
    gone = on("get", RECORD, before(lambda: purge(world.store(), KEY)))
    with pytest.raises(NotFoundError):
        world.store(gone).load(KEY)


def test_two_purges_of_one_document_are_one(world: World) -> None:
    world.saved(*NUMBERED)
    copy = world.blobs()
    other: list[Any] = []

    def rule(request: Request) -> Fault | None:
        if (request.operation, request.key) == ("get", RECORD) and not other:
            other.append(None)
            return before(lambda: other.append(purge(world.store(), KEY)))
        return None

    with pytest.raises(NotFoundError):
        purge(world.store(rule), KEY)
    assert len(other[1].keys) == 1
    assert world.readable(copy) == []


@pytest.mark.parametrize("damage", [b"", b"plain", "cut", "flipped"])
def test_a_head_that_nobody_can_open_can_be_purged(world: World, damage: bytes | str) -> None:
    world.saved(*NUMBERED)
    whole = world.blobs()[KEY]
    changed = {"cut": whole[:20], "flipped": whole[:-1] + bytes([whole[-1] ^ 1])}
    world.backend.put(KEY, damage if isinstance(damage, bytes) else changed[damage])
    copy = world.blobs() | {KEY: whole}
    receipt = purge(world.store(), KEY)
    assert (receipt.revisions, receipt.blobs) == (None, 3)
    assert world.readable(copy) == []
    assert left(world) == set()


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"format": "ingenious.document-key/1"}'])
def test_a_damaged_record_of_keys_goes_with_its_document(world: World, damage: bytes) -> None:
    world.saved(*NUMBERED)
    copy = world.blobs()
    world.backend.put(RECORD, damage)
    world.time += timedelta(days=2)
    gc(world.store(), "conversations/")
    receipt = purge(world.store(), KEY)
    assert (receipt.keys, receipt.blobs, receipt.copies_readable) == ((), 3, False)
    assert left(world) == set()
    world.saved("new")
    assert world.readable(copy) == []
    world.backend.put(RECORD, damage)
    world.backend.delete(KEY)
    world.time += timedelta(days=2)
    gc(world.store(), "conversations/")


def crashed_first_save(world: World) -> None:
    with suppress(StorageError):
        world.store(on("put", KEY, *[never_arrived] * 9)).create(KEY, ["new"])
    assert len(world.keys()) == 1


def test_gc_destroys_what_a_first_save_left_when_it_is_old(world: World) -> None:
    crashed_first_save(world)
    assert gc(world.store(), "conversations/").destroyed == ()
    world.time += timedelta(days=2)
    assert gc(world.store(), "conversations/", dry_run=True).destroyed == tuple(world.keys())
    assert gc(world.store(), "other/").destroyed == ()
    assert len(gc(world.store(), "conversations/").destroyed) == 1
    assert RECORD not in world.blobs()


def test_gc_destroys_no_key_of_who_begins_meanwhile(world: World) -> None:
    """The record is old when it is listed; a young key is in it when it is read, and no head."""
    crashed_first_save(world)
    (old,) = world.keys()
    world.time += timedelta(days=2)

    def begin() -> None:
        options = PutOptions(condition=IfAbsent(), lineage=Lineage.BEGINS)
        world.sealed(world.backend).keyring.sealing(KEY, options)

    report = gc(world.store(on("get", RECORD, before(begin))), "conversations/")
    assert report.destroyed == (old,)
    assert len(world.keys()) == 1


def test_gc_destroys_no_key_of_who_has_begun_meanwhile(world: World) -> None:
    """The head is there between two looks at it."""
    crashed_first_save(world)
    world.time += timedelta(days=2)
    gc(
        world.store(on("head", KEY, None, before(lambda: world.saved("new")))),
        "conversations/",
        grace=NOW,
    )
    assert world.store().load(KEY).data == ["new"]


def test_gc_keeps_the_keys_of_a_document_that_has_lost_its_head(world: World) -> None:
    world.saved(*NUMBERED)
    world.backend.delete(KEY)
    world.time += timedelta(days=2)
    assert gc(world.store(), "conversations/").destroyed == ()
    (mended,) = repair(world.store(), "conversations/", dry_run=False)
    assert mended.revision is not None
    assert world.store().load(KEY).revision.number == mended.revision.number


def test_gc_sweeps_a_tombstone_and_what_it_finds_of_keys(world: World) -> None:
    world.saved("old")
    with suppress(StorageError):
        purge(world.store(on("delete", RECORD, never_arrived)), KEY)
    world.time += timedelta(days=2)
    report = gc(world.store(), "conversations/")
    assert KEY in report.keys
    assert len(report.destroyed) == 1
    assert {key for key in world.blobs() if not key.startswith("keys/")} == set()


def test_gc_leaves_a_document_that_began_over_a_tombstone_alone(world: World) -> None:
    world.saved("old")
    purge(world.store(), KEY)
    world.saved(*NUMBERED)
    world.time += timedelta(days=2)
    assert gc(world.store(), "conversations/", grace=NOW).destroyed == ()
    assert world.store().load(KEY, revision=1).data == ["0"]


def test_two_that_begin_over_one_tombstone_share_a_key_that_no_one_destroys(world: World) -> None:
    world.saved("old")
    purge(world.store(), KEY)

    def other() -> None:
        world.saved("other")

    first = world.store(on("put", KEY, before(other)))
    first.save(KEY, ["mine"])
    gc(world.store(), "conversations/", grace=NOW)
    assert [first.load(KEY, revision=n).data for n in (1, 2)] == [["other"], ["mine"]]
    assert len(world.keys()) == 1


def orders() -> Iterator[tuple[str, str]]:
    for operation in ("get", "put", "delete"):
        for key in (KEY, RECORD):
            yield operation, key


@pytest.mark.parametrize(("operation", "key"), list(orders()))
@pytest.mark.parametrize("act", ["create", "save", "purge", "gc"])
@pytest.mark.parametrize(
    "turn", [0, *(pytest.param(turn, marks=pytest.mark.slow) for turn in (1, 2))]
)
def test_whatever_happens_at_any_request_of_a_purge(
    world: World, operation: str, key: str, act: str, turn: int
) -> None:
    """What was there is unreadable, and what is there can be read."""
    acts: dict[str, Callable[[], object]] = {
        "create": lambda: world.store().create(KEY, ["new"]),
        "save": lambda: world.saved("new"),
        "purge": lambda: purge(world.store(), KEY),
        "gc": lambda: gc(world.store(), "conversations/"),
    }
    world.saved("old", "older")
    copy = world.blobs()

    def meanwhile() -> None:
        with suppress(StorageError):
            acts[act]()

    rule = on(operation, key, *([None] * turn), before(meanwhile))
    with suppress(NotFoundError):
        purge(world.store(rule), KEY)
    with suppress(NotFoundError):
        assert world.store().load(KEY).data == ["new"]
    assert world.readable(copy) == []
