"""Every error of the operating system becomes one of ours, and leaves the old blob as it was."""

from __future__ import annotations

import errno
import io
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from ingenious_storage.backends.base import Blob
from ingenious_storage.backends.local import folder as local_folder
from ingenious_storage.backends.local.backend import LocalBackend
from ingenious_storage.backends.local.errors import translate
from ingenious_storage.errors import (
    InvalidKeyError,
    PermissionDeniedError,
    StorageError,
    UnavailableError,
)
from tests.library.backends.local.oracle import FolderOracle

NUMBERS = sorted(errno.errorcode)


@pytest.fixture
def backend(tmp_path: Path) -> LocalBackend:
    return LocalBackend(tmp_path)


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ENOSPC", UnavailableError),
        ("EDQUOT", UnavailableError),
        ("EIO", UnavailableError),
        ("EROFS", PermissionDeniedError),
        ("EACCES", PermissionDeniedError),
        ("EPERM", PermissionDeniedError),
        ("ELOOP", PermissionDeniedError),
        ("ENOTDIR", InvalidKeyError),
        ("EISDIR", InvalidKeyError),
        ("ENAMETOOLONG", InvalidKeyError),
        ("EMFILE", UnavailableError),
    ],
)
def test_translation(name: str, kind: type[StorageError]) -> None:
    error = translate(_error(getattr(errno, name)), "put", "k")
    assert type(error) is kind
    assert (error.operation, error.key, error.outcome_unknown) == ("put", "k", False)
    assert error.retryable == (name == "EMFILE")


@pytest.mark.parametrize("number", [*NUMBERS, 9999, None])
def test_no_number_is_unmapped(number: int | None) -> None:
    error = translate(OSError(number, "words") if number else OSError("words"), "get", "k")
    assert "words" in error.message
    assert error.hint


@pytest.mark.parametrize("call", ["open", "write", "fsync", "replace", "utime", "stat"])
def test_a_write_that_fails_keeps_the_old_blob(
    backend: LocalBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Whichever call fails, with whichever number, up to the rename."""
    old = backend.put("a/k", b"old")
    writes: dict[str, Callable[[], object]] = {
        "put": lambda: backend.put("a/k", b"new"),
        "upload": lambda: backend.upload("a/k", io.BytesIO(b"new")),
    }
    for number in NUMBERS:
        for operation, write in writes.items():
            with monkeypatch.context() as patch:
                patch.setattr(os, call, _failing(number))
                with pytest.raises(StorageError) as caught:
                    write()
            assert caught.value.operation == operation
            assert not caught.value.outcome_unknown
        assert backend.get("a/k") == Blob(b"old", old)
    assert not [name for _, name in FolderOracle(tmp_path).files() if "tmp" in name]


@pytest.mark.parametrize("call", ["open", "read", "fstat", "stat", "scandir"])
def test_a_read_that_fails(
    backend: LocalBackend, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    backend.put("a/k", b"v")
    reads: dict[str, Callable[[], object]] = {
        "get": lambda: backend.get("a/k"),
        "head": lambda: backend.head("a/k"),
        "list": lambda: backend.list("a/"),
    }
    for number in NUMBERS:
        with monkeypatch.context() as patch:
            patch.setattr(os, call, _failing(number))
            for operation, read in reads.items():
                try:
                    read()
                except StorageError as error:
                    assert error.operation == operation  # noqa: PT017  (some calls read nothing)


def _failing(number: int) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise _error(number)

    return fail


@pytest.mark.skipif(os.name == "nt", reason="folders are not synced on Windows")
@pytest.mark.parametrize("call", ["put", "delete"])
def test_outcome_is_unknown_when_the_folder_cannot_be_synced(
    backend: LocalBackend, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def fail(_: local_folder.Folder) -> None:
        raise _error(errno.EIO)

    backend.put("k", b"old")
    monkeypatch.setattr(local_folder.Folder, "sync", fail)
    with pytest.raises(UnavailableError) as caught:
        backend.put("k", b"new") if call == "put" else backend.delete("k")
    assert caught.value.outcome_unknown


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_mounts_that_cannot_sync_folders(
    backend: LocalBackend, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    real = os.fsync

    def fsync(fd: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{fd}"):  # noqa: PTH112
            raise _error(number)
        real(fd)

    monkeypatch.setattr(os, "fsync", fsync)
    backend.put("a/k", b"v")
    backend.delete("a/k")


def test_order_of_a_durable_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Content before its name, and every new name before the answer."""
    done: list[str] = []

    def spy(name: str, describe: Callable[..., str]) -> None:
        real = getattr(os, name)

        def call(*arguments: Any, **options: Any) -> Any:
            done.append(f"{name} {describe(*arguments)}")
            return real(*arguments, **options)

        monkeypatch.setattr(os, name, call)

    if not Path("/proc/self/fd").exists():
        pytest.skip("needs /proc to name descriptors")
    root = tmp_path / "x" / "root"

    def path(fd: int) -> str:
        name = Path(f"/proc/self/fd/{fd}").readlink()
        return str(name.relative_to(tmp_path)) if ".tmp-" not in name.name else "temporary"

    spy("mkdir", lambda name: Path(name).name)
    spy("fsync", path)
    spy("replace", lambda source, target: target)
    backend = LocalBackend(root)
    backend.ensure_container()
    assert done == ["mkdir root", "mkdir x", "fsync .", "mkdir root", "fsync x"]
    done.clear()
    backend.put("a/b/k", b"v")
    assert done == [
        "mkdir a",
        "fsync x/root",
        "mkdir b",
        "fsync x/root/a",
        "mkdir .locks",
        "fsync x/root",
        "fsync temporary",
        "replace k",
        "fsync x/root/a/b",
    ]
    done.clear()
    backend.put("a/b/k", b"w")
    assert done == ["fsync temporary", "replace k", "fsync x/root/a/b"]
    done.clear()
    backend.delete("a/b/k")
    assert done == ["fsync x/root/a/b"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("cannot mount a small disk (needs root)")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_full_disk(small_disk: Path) -> None:
    backend = LocalBackend(small_disk)
    backend.put("k", b"old")
    backend.put("large", bytes(600_000))
    writes: list[Callable[[], object]] = [
        lambda: backend.put("k", bytes(600_000)),
        lambda: backend.upload("new/k", io.BytesIO(bytes(600_000))),
    ]
    for write in writes:
        with pytest.raises(UnavailableError) as caught:
            write()
        assert "disk" in caught.value.hint
        assert not caught.value.retryable
        assert not caught.value.outcome_unknown
    assert backend.get("k").data == b"old"
    assert [blob.key for blob in backend.iterate()] == ["k", "large"]
    assert not [name for _, name in FolderOracle(small_disk).files() if "tmp" in name]
    backend.delete("large")
    backend.put("k", bytes(600_000))


def test_delete_on_a_disk_without_a_free_byte(small_disk: Path) -> None:
    backend = LocalBackend(small_disk)
    backend.put("k", b"v")
    with (small_disk / "filler").open("wb", 0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
    with pytest.raises(UnavailableError):
        backend.put("other", bytes(4096))
    backend.delete("k")
    backend.delete("filler")
    backend.put("k", b"works again")


@pytest.fixture
def frozen(tmp_path: Path) -> Iterator[Path]:
    """A folder that nothing can be written to, not even by root."""
    folder = tmp_path / "frozen"
    LocalBackend(folder).ensure_container()
    LocalBackend(folder).put("k", b"old")
    if os.name == "nt":
        pytest.skip("folders have no write bit on Windows")
    if os.geteuid() != 0:
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)
        return
    if subprocess.run(["chattr", "+i", str(folder)], check=False, capture_output=True).returncode:
        pytest.skip("cannot make a folder immutable (needs ext4 or the like)")
    yield folder
    subprocess.run(["chattr", "-i", str(folder)], check=True)


def test_read_only_folder(frozen: Path) -> None:
    backend = LocalBackend(frozen)
    assert backend.get("k").data == b"old"
    assert [blob.key for blob in backend.list().blobs] == ["k"]
    writes: list[Callable[[], object]] = [
        lambda: backend.put("k", b"new"),
        lambda: backend.put("new/k", b"new"),
        lambda: backend.upload("k", io.BytesIO(b"new")),
        lambda: backend.delete("k"),
    ]
    for write in writes:
        with pytest.raises(PermissionDeniedError) as caught:
            write()
        assert not caught.value.outcome_unknown
        assert "Azure" not in caught.value.hint
        assert "role" not in caught.value.hint
    assert isinstance(backend.delete_many(["k"])["k"], PermissionDeniedError)
    assert backend.get("k").data == b"old"


def test_errors_of_the_stream_are_its_own(backend: LocalBackend) -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise ConnectionResetError("theirs")

    with pytest.raises(ConnectionResetError, match="theirs"):
        backend.upload("k", Broken())  # type: ignore[arg-type]
    assert backend.list().blobs == ()
