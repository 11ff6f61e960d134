"""Ages are told by the store's own clock, whatever the caller's says; and what prune must spare."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingenious_storage.backends.base import Backend, BlobInfo
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.backends.local.backend import LocalBackend
from ingenious_storage.documents import DocumentStore, gc, prune, purge
from ingenious_storage.documents.format.segment import MAX_ENTRIES
from ingenious_storage.errors import PermissionDeniedError
from tests.support.layering import files_on
from tests.support.stores import EVERY, STORES, running

KEY = "conversations/a/memory.json"
HOUR = timedelta(hours=1)


@pytest.fixture(params=["inmemory", "local", *EVERY])
def backend(
    request: pytest.FixtureRequest, tmp_path: Path, container_name: str
) -> Iterator[Backend]:
    made: Backend = InMemoryBackend()
    if request.param == "local":
        made = LocalBackend(tmp_path / "container")
    elif request.param in STORES:
        made = running(request.param, request).backend(container_name)
    made.ensure_container()
    yield made
    made.close()


def ahead(backend: Backend) -> DocumentStore:
    """Of a host whose clock is an hour ahead."""
    return DocumentStore(files_on(backend), clock=lambda: datetime.now(UTC) + HOUR)


def test_now_is_the_time_that_a_write_gets(backend: Backend) -> None:
    before = backend.now()
    written = backend.put("k", b"").last_modified
    second = timedelta(seconds=1)  # what HTTP tells
    assert before - second <= written <= backend.now() + second
    assert before.tzinfo is not None
    assert [info.key for info in backend.iterate()] == ["k"]


def test_a_host_whose_clock_is_ahead_drops_nothing_that_is_young(backend: Backend) -> None:
    store = ahead(backend)
    for turn in range(2 * MAX_ENTRIES + 1):
        store.save(KEY, [turn])
    assert prune(store, KEY, superseded=timedelta(minutes=30)).revisions == 0
    backend.put(f"history/{KEY}/0000000032-00000000000000ff", b"a stray")
    store.delete(KEY)
    purge_key = KEY.replace("/a/", "/b/")
    store.save(purge_key, [1])
    purge(store, purge_key)
    assert gc(store, "conversations/", grace=timedelta(minutes=30)).keys == ()
    assert store.restore(KEY).number == 2 * MAX_ENTRIES + 3


def test_a_store_that_says_nothing_of_its_clock_is_asked_by_a_write() -> None:
    class Silent(InMemoryBackend):
        now = Backend.now

    def clock() -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    backend = Silent(clock=clock)
    assert backend.now() == clock()
    assert [*backend.iterate()] == []


def test_a_network_file_system_has_a_clock_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file system's, also where this machine's is an hour ahead of it."""
    backend = LocalBackend(tmp_path)
    real = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() + 3600 * 10**9)
    times = [backend.put("k", b"v").last_modified for _ in range(3)]
    assert times == sorted(set(times))
    for told in (*times, backend.now()):
        assert abs(told.timestamp() - time.time()) < 1800


@pytest.mark.parametrize("how", [{"keep": 1}, {"superseded": timedelta(0)}], ids=["keep", "age"])
@pytest.mark.parametrize("saves", [1, MAX_ENTRIES, MAX_ENTRIES + 1, 3 * MAX_ENTRIES])
def test_a_prune_of_a_deleted_document_leaves_what_restore_brings_back(
    saves: int, how: dict[str, Any]
) -> None:
    store = DocumentStore(files_on(InMemoryBackend()))
    for turn in range(saves):
        store.save(KEY, [turn])
    store.delete(KEY)
    prune(store, KEY, **how)
    store.restore(KEY)
    assert store.load(KEY).data == [saves - 1]


def test_a_clock_that_may_not_be_asked_is_an_error(tmp_path: Path) -> None:
    class Forbidding(LocalBackend):
        def now(self) -> datetime:
            raise PermissionDeniedError("no")

    store = DocumentStore(files_on(Forbidding(tmp_path)))
    store.save(KEY, 1)
    with pytest.raises(PermissionDeniedError):
        gc(store)


def test_a_probe_of_the_clock_is_never_seen_as_a_blob(tmp_path: Path) -> None:
    backend = LocalBackend(tmp_path / "c")
    backend.ensure_container()
    seen: list[BlobInfo] = []
    for _ in range(20):
        backend.now()
        seen += backend.iterate()
    assert seen == []
