"""Large folders are listed in one reading, and rightly while others write."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ingenious_storage.backends.base import Page
from ingenious_storage.backends.local import folder as local_folder
from ingenious_storage.backends.local import names as local_names
from ingenious_storage.backends.local.backend import LocalBackend
from ingenious_storage.testing.contract.keys import ODD_KEYS
from ingenious_storage.testing.contract.listing import ListingContract
from tests.library.backends.local.oracle import FolderOracle

COUNT = 1500
LONG = "x" * 150
KEYS = sorted(f"c/{number:05d}-{LONG[: number % 3]}/memory.json" for number in range(COUNT))


class TestEveryFolderIsRemembered(ListingContract):
    """The contract, as if each folder had many names."""

    @pytest.fixture
    def backend(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalBackend:
        monkeypatch.setattr(local_names, "MANY", 1)
        return LocalBackend(tmp_path)

    @pytest.fixture
    def oracle(self, tmp_path: Path) -> FolderOracle:
        return FolderOracle(tmp_path)

    @pytest.mark.parametrize("limit", [1, 3])
    def test_odd_names(self, backend: LocalBackend, limit: int) -> None:
        keys = sorted(
            [*ODD_KEYS, *(f"{'長' * 70}{end}" for end in ("", "a", "/b", "語" * 80))][:-2]
        )
        for key in keys:
            backend.put(key, b"")
        assert [blob.key for page in pages(backend, limit=limit) for blob in page.blobs] == keys


def pages(backend: LocalBackend, prefix: str = "", limit: int = 100) -> Iterator[Page]:
    page = backend.list(prefix, limit=limit)
    yield page
    while page.token is not None:
        page = backend.list(prefix, limit=limit, token=page.token)
        yield page


def listed(backend: LocalBackend, prefix: str = "", limit: int = 100) -> list[str]:
    return [blob.key for page in pages(backend, prefix, limit) for blob in page.blobs]


def make_tree(root: Path, keys: list[str] = KEYS) -> Path:
    for key in keys:
        path = root / key
        path.parent.mkdir(parents=True)
        path.write_bytes(b"{}")
    return root


def settle(folder: Path) -> None:
    """As if nobody had added or removed a name for an hour."""
    os.utime(folder, ns=(time.time_ns() - 3600 * 10**9,) * 2)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the system was asked, by function."""
    counted: Counter[str] = Counter()

    class Counting:
        def __getattr__(self, name: str) -> object:
            found = getattr(os, name)
            if name not in {"scandir", "stat", "open"}:
                return found

            def call(*args: object, **options: object) -> object:
                counted[name] += 1
                return found(*args, **options)

            return call

    monkeypatch.setattr(local_folder, "os", Counting())
    return counted


def test_a_large_folder_is_read_once(tmp_path: Path, calls: Counter[str]) -> None:
    backend = LocalBackend(make_tree(tmp_path))
    settle(tmp_path / "c")
    calls.clear()
    assert listed(backend, "c/") == KEYS
    # Every conversation's folder, "c" itself, and those where a page ends and the next begins.
    number = COUNT // 100
    assert calls["scandir"] <= COUNT + 1 + 2 * number
    assert calls["stat"] <= COUNT + 3 * number
    assert calls["open"] <= COUNT + 5 * number


def test_it_is_read_once_also_while_others_write(
    tmp_path: Path, calls: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before each page a conversation is added. The clock goes by what is read."""
    backend = LocalBackend(make_tree(tmp_path))
    entries, work = local_folder.Folder.entries, 0

    def counted(folder: local_folder.Folder) -> list[str]:
        nonlocal work
        found = entries(folder)
        work += len(found)
        return found

    monkeypatch.setattr(local_folder.Folder, "entries", counted)
    backend._names.clock = lambda: float(work)
    calls.clear()
    found: list[str] = []
    for number, page in enumerate(pages(backend, "c/")):
        found += [blob.key for blob in page.blobs]
        backend.put(f"c/!{number}/memory.json", b"{}")  # before all others
    assert found == KEYS
    assert work <= 2 * COUNT + 2 * COUNT // 100


def test_a_name_that_came_since_is_shown_as_soon_as_reading_again_is_cheap(
    tmp_path: Path,
) -> None:
    backend = LocalBackend(make_tree(tmp_path))
    now = 0.0
    backend._names.clock = lambda: now
    page = backend.list("c/", limit=10)
    backend.put("c/zz/memory.json", b"{}")
    now = 1.0
    rest = backend.list("c/", token=page.token)
    assert rest.blobs[-1].key == "c/zz/memory.json"


def test_a_new_listing_shows_the_last_write(tmp_path: Path) -> None:
    """Also when another one is half-way through the same folder."""
    backend = LocalBackend(make_tree(tmp_path))
    settle(tmp_path / "c")
    backend.list("c/", limit=10)
    backend.put("c/zz/memory.json", b"{}")
    assert listed(backend, "c/")[-1] == "c/zz/memory.json"
    assert listed(backend, "c/zz") == ["c/zz/memory.json"]


def test_a_folder_that_was_made_again_is_read_again(tmp_path: Path) -> None:
    backend = LocalBackend(make_tree(tmp_path))
    settle(tmp_path / "c")
    token = backend.list("c/", limit=10).token
    (tmp_path / "c").rename(tmp_path / "gone")
    make_tree(tmp_path, ["c/z/memory.json"])
    os.utime(tmp_path / "c", ns=((tmp_path / "gone").stat().st_mtime_ns,) * 2)
    assert [blob.key for blob in backend.list("c/", token=token).blobs] == ["c/z/memory.json"]


def test_what_stays_is_listed_once_while_threads_write(tmp_path: Path) -> None:
    backend = LocalBackend(make_tree(tmp_path))
    ended = threading.Event()

    def disturb(offset: int) -> None:
        number = offset
        while not ended.is_set():
            key = f"c/{number * 7919 % COUNT:05d}-new/memory.json"
            backend.put(key, b"{}")
            with suppress(FileNotFoundError):
                backend.delete(key)
            number += 2

    threads = [threading.Thread(target=disturb, args=(offset,)) for offset in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            found = listed(backend, "c/", 50)
            assert found == sorted(set(found))
            assert [key for key in found if "-new/" not in key] == KEYS
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def test_few_folders_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_names, "MANY", 1)
    backend = LocalBackend(tmp_path)
    for folder in range(20):
        for name in range(3):
            backend.put(f"{folder}/{name}", b"")
    for folder in range(20):
        backend.list(f"{folder}/", limit=1)  # begun, and never ended
    assert len(backend._names._held) == 4
    assert len(listed(backend, limit=2)) == 60


@pytest.mark.parametrize(("prefix", "expected"), [("c/00", 1000), ("c/0012", 10), ("c/9", 0)])
def test_a_prefix_is_found_without_going_through_the_rest(
    tmp_path: Path, calls: Counter[str], prefix: str, expected: int
) -> None:
    backend = LocalBackend(make_tree(tmp_path))
    calls.clear()
    assert len(listed(backend, prefix, 5000)) == expected
    assert calls["scandir"] <= expected + 2
