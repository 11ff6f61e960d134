"""A rewrite of a document's history destroys the keys of the old one, and no head is lost by it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ingenious_storage.backends.base import IfMatch, Lineage, PutOptions
from ingenious_storage.documents import DocumentStore, RewriteReceipt, gc, purge, rewrite, verify
from ingenious_storage.documents.format import segment
from ingenious_storage.errors import NotFoundError, StorageError, ThrottledError
from tests.library.documents.faults.scenario import KEY
from tests.library.layers.encrypt.test_erasure import NUMBERED, RECORD, World, on
from tests.support.faults import Fault, FaultyBackend, Held, Request, after, before, throttled
from tests.support.faults import lost as answer_lost
from tests.support.faults import refused as never_arrived
from tests.support.stores import STORES, running, slow

GONE = {2, 3, 7}


@pytest.fixture(autouse=True)
def _small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "MAX_ENTRIES", 4)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def check(world: World, *, erased: bool = True, more: int = 0) -> None:
    """Whoever comes now reads all that was not taken out."""
    store = world.store()
    history = store.history(KEY, limit=None)[::-1]
    assert len(history) == len(NUMBERED) + more
    assert {each.number for each in history if each.erased} == (GONE if erased else set())
    for revision in history[: len(NUMBERED)]:
        if not revision.erased:
            assert store.load(KEY, revision=revision).data == [NUMBERED[revision.number - 1]]
    assert verify(store, "conversations/").problems == ()


def test_no_copy_of_the_old_history_can_be_read(world: World) -> None:
    world.saved(*NUMBERED)
    copy, (old,) = world.blobs(), world.keys()
    assert len(world.readable(copy)) == 3
    receipt = rewrite(world.store(), KEY, without=GONE)
    assert (receipt.keys, receipt.copies_readable) == ((old,), False)
    assert world.readable(copy) == []
    assert len(world.keys()) == 1
    check(world)
    world.saved("on")
    check(world, more=1)
    purge(world.store(), KEY)
    assert world.keys() == []


@pytest.mark.parametrize("name", [*slow(*STORES)])
def test_nor_in_any_store(
    name: str, tmp_path: Path, container_name: str, request: pytest.FixtureRequest
) -> None:
    backend = running(name, request).backend(container_name)
    backend.ensure_container()
    world = World(tmp_path, backend)
    world.saved(*NUMBERED)
    copy = world.blobs()
    assert rewrite(world.store(), KEY, without=GONE).keys
    assert world.readable(copy) == []
    check(world)
    backend.close()


def test_a_process_that_has_seen_it_reads_and_writes_on(world: World) -> None:
    world.saved(*NUMBERED)
    idle, rewriter = world.store(), world.store()
    assert idle.load(KEY, revision=2).data == ["1"]
    rewrite(rewriter, KEY, without=GONE)
    assert idle.save(KEY, ["idle"]).number == len(NUMBERED) + 1
    assert rewriter.save(KEY, ["rewriter"]).number == len(NUMBERED) + 2
    assert idle.load(KEY, revision=4).data == ["3"]
    check(world, more=2)
    rewrite(idle, KEY, without=GONE | {8})
    assert len(world.keys()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("fault", [answer_lost, never_arrived], ids=["lost", "refused"])
def test_one_that_fails_at_any_request_is_finished_by_another(world: World, fault: Fault) -> None:
    for position in range(1, 60):
        world.saved(*NUMBERED)
        copy = world.blobs()
        store = world.store(lambda r, at=position: fault if r.position == at else None)  # type: ignore[misc]
        done = False
        with suppress(StorageError):
            rewrite(store, KEY, without=GONE)
            done = len(store.files.backend.inner.requests) < position  # type: ignore[attr-defined]
        erased = any(each.erased for each in world.store().history(KEY, limit=None))
        check(world, erased=erased)
        rewrite(world.store(), KEY, without=GONE)
        check(world)
        assert world.readable(copy) == []
        assert len(world.keys()) == 1
        purge(world.store(), KEY)
        if done:
            return
    pytest.fail("a rewrite has more requests than expected")


@pytest.mark.slow
def test_one_that_is_killed_at_any_request_is_finished_by_gc(world: World) -> None:
    seen = 0
    for position in range(1, 60):
        world.saved(*NUMBERED)
        copy = world.blobs()

        def rule(request: Request, at: int = position) -> Fault | None:
            return never_arrived if request.position >= at else None

        done = False
        with suppress(StorageError):
            rewrite(world.store(rule), KEY, without=GONE)
            done = True
        erased = any(each.erased for each in world.store().history(KEY, limit=None))
        check(world, erased=erased)
        world.time += timedelta(days=2)
        gc(world.store(), "conversations/")
        check(world, erased=erased)
        if erased:
            seen += not done
            assert world.readable(copy) == []
            assert len(world.keys()) == 1
        world.saved("on")
        check(world, erased=erased, more=1)
        purge(world.store(), KEY)
        if done:
            break
    assert seen > 3


def _blind_save(writer: DocumentStore) -> Callable[[], None]:
    """A save by who knows the head, and has not seen what it is sealed with."""

    def write() -> None:
        head = writer.existing(KEY)
        writer.files.backend.keyring.documents.forget()  # type: ignore[attr-defined]
        writer.reader.remember(head)
        writer.save(KEY, ["meanwhile"])

    return write


@pytest.mark.parametrize("again", [False, True])
def test_whoever_writes_meanwhile_keeps_its_key(world: World, *, again: bool) -> None:
    """It has not seen the head in this process, and the rewrite's key is the newest there."""
    world.saved(*NUMBERED)
    if again:
        rewrite(world.store(), KEY, without={2})
    write = _blind_save(world.store())
    receipt = rewrite(world.store(on("put", KEY, before(write))), KEY, without=GONE)
    assert {*receipt.revisions} == (GONE - {2} if again else GONE)
    check(world, more=1)
    assert world.store().load(KEY).data == ["meanwhile"]
    assert len(world.keys()) == 1


def test_what_was_withdrawn_takes_no_head_with_it(world: World) -> None:
    world.saved(*NUMBERED)
    store = world.store()
    rewrite(store, KEY, redact=lambda one: [f"{one.data[0]}!"])
    write = _blind_save(world.store())
    line = FaultyBackend(world.backend, on("put", KEY, before(write), throttled))
    with pytest.raises(ThrottledError):
        rewrite(world.opened(line), KEY, without=GONE)
    assert len(world.keys()) == 1  # its own is gone
    assert world.store().load(KEY).data == ["meanwhile"]
    assert verify(world.store(), "conversations/").problems == ()
    gc(world.store(), "conversations/")
    assert world.store().load(KEY, revision=3).data == ["2!"]


def test_what_begins_to_be_encrypted_meanwhile_stays(world: World) -> None:
    """A document in plain has no key; nobody may take one that a rewrite could destroy."""
    world.saved(*NUMBERED)
    plain = {
        key: world.sealed(world.backend).get(key).data for key in [*world.blobs()] if _is_of(key)
    }
    world.backend.delete(RECORD)
    for key, data in plain.items():
        world.backend.put(key, data)

    def opened(rule: Any = None) -> Any:
        store = world.store(rule)
        store.files.backend._accepts_plain = True  # type: ignore[attr-defined]
        return store

    def write() -> None:
        opened().save(KEY, ["meanwhile"])

    receipt = rewrite(opened(on("put", KEY, before(write))), KEY, without=GONE)
    assert {*receipt.revisions} == GONE
    assert opened().load(KEY).data == ["meanwhile"]
    check(world, more=1)


def _is_of(key: str) -> bool:
    return key == KEY or key.startswith(f"history/{KEY}/")


def test_two_at_once_leave_one_key(world: World) -> None:
    world.saved(*NUMBERED)
    copies = [world.blobs()]

    def other() -> None:
        copies.append(world.blobs())
        rewrite(world.store(), KEY, without={2})
        copies.append(world.blobs())

    receipt = rewrite(world.store(on("put", KEY, before(other))), KEY, without=GONE)
    assert {*receipt.revisions} == GONE - {2}
    check(world)
    assert len(world.keys()) == 1
    for copy in copies:
        assert world.readable(copy) == []


def test_a_purge_meanwhile_takes_all_keys(world: World) -> None:
    world.saved(*NUMBERED)
    copies = []

    def end() -> None:
        copies.append(world.blobs())
        purge(world.store(), KEY)
        world.saved("new")

    with pytest.raises(NotFoundError):
        rewrite(world.store(on("put", KEY, before(end))), KEY, without=GONE)
    assert world.store().load(KEY).data == ["new"]
    assert world.readable(copies[0]) == []
    assert len(world.keys()) == 1


def test_a_head_of_the_old_history_that_lands_late_is_refused(world: World) -> None:
    world.saved(*NUMBERED)
    held = Held()
    with suppress(StorageError):
        world.store(on("put", KEY, held, held, held)).save(KEY, ["late"])
    receipt = rewrite(world.store(), KEY, without=GONE)
    held.land()
    assert isinstance(receipt, RewriteReceipt)
    check(world)


def test_a_reader_between_a_blob_and_its_key_is_sent_to_the_new_head(world: World) -> None:
    world.saved(*NUMBERED)
    reads = on("get", KEY, after(lambda: rewrite(world.store(), KEY, without=GONE)))
    assert world.store(reads).load(KEY).data == [NUMBERED[-1]]
    check(world)


def test_the_key_of_a_rewrite_is_made_once(world: World) -> None:
    world.saved(*NUMBERED)
    layer = world.sealed(world.backend)
    etag = world.backend.head(KEY).etag
    options = PutOptions(condition=IfMatch(etag), lineage=Lineage.BEGINS, after="rewrite:ab")
    first, again = (layer.keyring.sealing(KEY, options) for _ in range(2))
    other = world.sealed(world.backend).keyring.sealing(KEY, options)
    assert first.id == again.id == other.id
    assert [each.after for each in layer.document_keys(KEY).values()] == ["rewrite:ab", None]
