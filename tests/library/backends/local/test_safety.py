"""What must not happen on a disk: links followed, leftovers shown, one write taken for another."""

from __future__ import annotations

import io
import os
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from ingenious_storage.backends.base import IfAbsent, IfMatch, PutOptions
from ingenious_storage.backends.local import folder as local_folder
from ingenious_storage.backends.local import temporary_file as local_temporary
from ingenious_storage.backends.local.backend import LocalBackend
from ingenious_storage.errors import (
    ContainerNotFoundError,
    InvalidKeyError,
    NotFoundError,
    PermissionDeniedError,
)
from tests.library.backends.local.oracle import FolderOracle

CALLS: dict[str, Callable[[LocalBackend, str], object]] = {
    "get": lambda backend, key: backend.get(key),
    "head": lambda backend, key: backend.head(key),
    "put": lambda backend, key: backend.put(key, b"new"),
    "create": lambda backend, key: backend.put(key, b"new", PutOptions(condition=IfAbsent())),
    "swap": lambda backend, key: backend.put(key, b"new", PutOptions(condition=IfMatch("x"))),
    "upload": lambda backend, key: backend.upload(key, io.BytesIO(b"new")),
    "delete": lambda backend, key: backend.delete(key),
    "list": lambda backend, key: backend.list(key + "/"),
}


@pytest.fixture(params=["descriptors", "paths"], autouse=True)
def _mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "paths":
        monkeypatch.setattr(local_folder, "HAS_DIR_FD", False)
        monkeypatch.setattr(local_temporary, "TIMES_BY_DESCRIPTOR", False)


@pytest.fixture
def backend(tmp_path: Path) -> LocalBackend:
    (tmp_path / "root").mkdir()
    return LocalBackend(tmp_path / "root")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    return outside


def _untouched(outside: Path) -> bool:
    return [file.name for file in outside.iterdir()] == ["secret"] and (
        outside / "secret"
    ).read_bytes() == b"secret"


@pytest.mark.parametrize("call", sorted(CALLS.keys() - {"list"}))
@pytest.mark.parametrize("target", ["secret", "missing", "."])
def test_link_instead_of_a_blob(
    backend: LocalBackend, outside: Path, call: str, target: str
) -> None:
    link = outside.parent / "root" / "link"
    link.symlink_to(outside / target)
    with pytest.raises(PermissionDeniedError, match=r"link|symbolic") as caught:
        CALLS[call](backend, "link")
    assert caught.value.key == "link"
    assert link.is_symlink()
    assert _untouched(outside)
    assert backend.list().blobs == ()


@pytest.mark.parametrize("call", CALLS)
def test_link_instead_of_a_folder(backend: LocalBackend, outside: Path, call: str) -> None:
    (outside.parent / "root" / "a").mkdir()
    (outside.parent / "root" / "a" / "link").symlink_to(outside)
    with pytest.raises(PermissionDeniedError, match="link"):
        CALLS[call](backend, "a/link/secret")
    assert _untouched(outside)
    assert backend.list().blobs == backend.list("a/", delimiter="/").blobs == ()
    assert backend.list(delimiter="/").prefixes == ()


@pytest.mark.parametrize("call", sorted(CALLS.keys() - {"get", "head", "list"}))
def test_link_instead_of_the_locks(backend: LocalBackend, outside: Path, call: str) -> None:
    (outside.parent / "root" / ".locks").symlink_to(outside)
    with pytest.raises(PermissionDeniedError, match="link"):
        CALLS[call](backend, "k")
    assert _untouched(outside)


def test_root_may_be_a_link(backend: LocalBackend, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "root")
    LocalBackend(tmp_path / "link").put("k", b"v")
    assert backend.get("k").data == b"v"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("call", sorted(CALLS.keys() - {"list"}))
def test_pipe_instead_of_a_blob(backend: LocalBackend, tmp_path: Path, call: str) -> None:
    os.mkfifo(tmp_path / "root" / "k")
    with pytest.raises(PermissionDeniedError, match="no file"):
        CALLS[call](backend, "k")
    assert backend.list().blobs == ()


@pytest.mark.parametrize("key", ["..", "../outside/x", "a/../../x", "/etc/x", ".", "a//b", "C:\\x"])
def test_even_an_invalid_key_stays_inside(backend: LocalBackend, outside: Path, key: str) -> None:
    backend.put(key, b"v")
    assert backend.get(key).data == b"v"
    assert _untouched(outside)
    assert sorted(path.name for path in outside.parent.iterdir()) == ["outside", "root"]


def test_root_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    backend = LocalBackend(tmp_path / "file")
    assert not backend.container_exists()
    with pytest.raises(ContainerNotFoundError):
        backend.put("k", b"v")
    with pytest.raises(ContainerNotFoundError):
        backend.ensure_container()


def test_relative_root_is_fixed_when_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    backend = LocalBackend(Path("data"))
    backend.ensure_container()
    monkeypatch.chdir("/")
    backend.put("k", b"v")
    assert (tmp_path / "data" / "k").read_bytes() == b"v"


def test_foreign_files_are_not_listed(backend: LocalBackend, tmp_path: Path) -> None:
    for name in ("README", ".DS_Store", "a~2fb", "~_", "x~+", "con", "a b"):
        (tmp_path / "root" / name).write_bytes(b"")
    (tmp_path / "root" / "Photos").mkdir()
    (tmp_path / "root" / "Photos" / "x").write_bytes(b"")
    backend.put("ours", b"")
    page = backend.list(delimiter="/")
    assert [blob.key for blob in page.blobs] == ["ours"]
    assert page.prefixes == ()
    assert [blob.key for blob in backend.iterate()] == ["ours"]


def test_leftovers_are_hidden_and_the_old_ones_swept(backend: LocalBackend, tmp_path: Path) -> None:
    backend.put("a/b", b"v")
    old, young = (tmp_path / "root" / "a" / f".tmp-{age}" for age in ("old", "young"))
    for file in (old, young):
        file.write_bytes(b"half a wri")
    os.utime(old, (time.time() - 4000,) * 2)
    assert [blob.key for blob in backend.iterate()] == ["a/b"]
    assert not old.exists()
    assert young.exists()


def test_empty_folders_are_no_blobs(backend: LocalBackend, tmp_path: Path) -> None:
    (tmp_path / "root" / "a" / "b" / "c").mkdir(parents=True)
    (tmp_path / "root" / "a" / "d").mkdir()
    assert backend.list(delimiter="/") == backend.list("a/", delimiter="/") == backend.list()
    assert backend.list().blobs == ()
    with pytest.raises(NotFoundError):
        backend.get("a/b")
    backend.put("a", b"v")
    assert backend.get("a").data == b"v"


def test_folder_with_a_blob_is_kept(backend: LocalBackend, tmp_path: Path) -> None:
    (tmp_path / "root" / "a" / "empty").mkdir(parents=True)
    backend.put("a/z/k", b"v")
    with pytest.raises(InvalidKeyError) as caught:
        backend.put("a", b"v")
    assert "folder" in caught.value.hint
    assert backend.get("a/z/k").data == b"v"


def test_listing_opens_no_more_folders_than_it_needs(
    backend: LocalBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        backend.put(f"all/{number:02}/memory.json", b"v")
    opened: list[str] = []
    child = local_folder.Folder.child

    def spy(folder: local_folder.Folder, name: str) -> local_folder.Folder:
        opened.append(name)
        return child(folder, name)

    monkeypatch.setattr(local_folder.Folder, "child", spy)
    page = backend.list("all/", token="all/07/memory.json", limit=2)
    assert [blob.key for blob in page.blobs] == ["all/08/memory.json", "all/09/memory.json"]
    assert opened == ["all", "07", "08", "09", "10"]
    opened.clear()
    backend.list("all/1", limit=1)
    assert opened == ["all", "10", "11"]
    opened.clear()
    backend.list("all/", delimiter="/", token="all/17/")
    assert opened == ["all", "18", "19"]


def test_delete_leaves_nothing_but_locks(backend: LocalBackend, tmp_path: Path) -> None:
    for key in ("a/b/c/d", "a/b/x", "長" * 300, "k"):
        backend.put(key, b"v")
        backend.delete(key)
    assert [path.name for path in (tmp_path / "root").iterdir()] == [".locks"]


def test_failed_swap_makes_no_folders(backend: LocalBackend, tmp_path: Path) -> None:
    """An idle writer must not bring back the name of what was purged."""
    for call in ("swap", "delete", "get"):
        with pytest.raises(Exception):  # noqa: B017, PT011  (each has its own)
            CALLS[call](backend, "conversations/name/memory.json")
    assert not (tmp_path / "root" / "conversations").exists()


@pytest.mark.parametrize("now", [lambda: 1_700_000_000_000_000_000, lambda: 0])
def test_etags_differ_when_the_clock_stands_still(
    backend: LocalBackend, monkeypatch: pytest.MonkeyPatch, now: Callable[[], int]
) -> None:
    monkeypatch.setattr(time, "time_ns", now)
    etags = []
    for _ in range(20):
        etags += [backend.put("k", b"a").etag, backend.put("k", b"b").etag]
        backend.delete("k")
    assert len(set(etags)) == len(etags)


@pytest.mark.parametrize("grain", [100, 10**9, 2 * 10**9])
def test_etags_differ_on_a_file_system_that_rounds_times(
    backend: LocalBackend, monkeypatch: pytest.MonkeyPatch, grain: int
) -> None:
    exact = local_folder.Folder.set_mtime
    monkeypatch.setattr(
        local_folder.Folder,
        "set_mtime",
        lambda folder, name, time: exact(folder, name, time // grain * grain),
    )
    times = []
    for _ in range(4):
        times += [backend.put("k", b"a").last_modified, backend.put("k", b"a").last_modified]
        backend.delete("k")
    assert len(set(times)) == len(times)


def test_times_are_now(backend: LocalBackend) -> None:
    before = time.time()
    written = backend.put("k", b"v").last_modified.timestamp()
    assert before - 0.001 <= written <= time.time() + 0.001


@pytest.mark.parametrize("text", [b"", b"\xff", b"-1", b"1" * 32])
def test_lock_file_with_anything_in_it(backend: LocalBackend, tmp_path: Path, text: bytes) -> None:
    backend.put("k", b"v")
    (lock,) = (tmp_path / "root" / ".locks").iterdir()
    lock.write_bytes(text)
    assert abs(backend.put("k", b"w").last_modified.timestamp() - time.time()) < 60
    assert lock.read_bytes()[:19].isdigit()


def test_locks_do_not_grow_without_bound(backend: LocalBackend, tmp_path: Path) -> None:
    for number in range(600):
        backend.delete_many([f"no/{number}"])
    assert len(list((tmp_path / "root" / ".locks").iterdir())) <= 256


def test_upload_and_reading_take_little_memory(backend: LocalBackend) -> None:
    size = 48 * 1024 * 1024
    tracemalloc.start()
    try:
        backend.upload("big", _Zeros(size))  # type: ignore[arg-type]
        with backend.open_read("big") as reader:
            while reader.read(1024 * 1024):
                pass
        assert tracemalloc.get_traced_memory()[1] < 16 * 1024 * 1024
    finally:
        tracemalloc.stop()
    assert backend.head("big").size == size


class _Zeros(io.RawIOBase):
    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, size: int = -1) -> bytes:
        count = min(size, self._left)
        self._left -= count
        return bytes(count)


def test_hidden_files_are_the_only_others(backend: LocalBackend, tmp_path: Path) -> None:
    backend.put("a/b", b"v")
    backend.upload("c", io.BytesIO(b"v"))
    names = {name for folder, name in FolderOracle(tmp_path / "root").files() if "." not in folder}
    assert names >= {"b", "c"}
    assert not [name for name in names if name.startswith(".")]
