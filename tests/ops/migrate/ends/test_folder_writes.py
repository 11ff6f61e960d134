"""A folder as the target: whole files, conditions, and what it cannot hold."""

from __future__ import annotations

import io
import os
import subprocess
from pathlib import Path

import pytest

from ingenious_ops.migrate.ends.base import Item
from ingenious_ops.migrate.ends.folder import FolderEnd
from ingenious_ops.migrate.errors import ChangedError, DiskFullError
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    InvalidKeyError,
    PermissionDeniedError,
    StorageError,
)
from ingenious_storage.whole_files import TEMPORARY
from tests.ops.migrate.harness import read_tree, write_tree


def item_of(end: FolderEnd, key: str) -> Item:
    return next(item for item in end.listing().items if item.key == key)


@pytest.mark.parametrize("how", ["put", "upload"])
def test_a_write_is_conditional_and_gives_the_version_that_a_listing_shows(
    tmp_path: Path, how: str
) -> None:
    end = FolderEnd(tmp_path / "new")

    def write(data: bytes, replace: str | None) -> str:
        item = Item("a/b", len(data), "")
        if how == "put":
            return end.put(item, data, replace=replace)
        return end.upload(item, io.BytesIO(data), replace=replace)

    first = write(b"one", None)
    assert item_of(end, "a/b").version == first
    with pytest.raises(AlreadyExistsError):
        write(b"two", None)
    with pytest.raises(ConflictError):
        write(b"two", "another version")
    second = write(b"two", first)
    assert item_of(end, "a/b").version == second != first
    with pytest.raises(ConflictError):
        write(b"three", first)
    assert read_tree(tmp_path) == {"new/a/b": b"two"}


def test_a_version_of_what_is_gone_is_a_conflict(tmp_path: Path) -> None:
    end = FolderEnd(tmp_path)
    version = end.put(Item("k", 1, ""), b"1", replace=None)
    (tmp_path / "k").unlink()
    with pytest.raises(ConflictError):
        end.put(Item("k", 1, ""), b"2", replace=version)
    assert read_tree(tmp_path) == {}


def test_a_stream_that_fails_leaves_nothing(tmp_path: Path) -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            if not data:
                raise ChangedError("at the end")
            return data

    end = FolderEnd(tmp_path)
    with pytest.raises(ChangedError):
        end.upload(Item("k", 3, ""), Failing(b"abc"), replace=None)
    assert read_tree(tmp_path) == {}


def test_no_write_goes_through_a_link(tmp_path: Path) -> None:
    outside = write_tree(tmp_path / "outside", {"x": b"mine"})
    root = tmp_path / "root"
    root.mkdir()
    (root / "way").symlink_to(outside)
    end = FolderEnd(root)
    with pytest.raises(PermissionDeniedError):
        end.put(Item("way/y", 1, ""), b"1", replace=None)
    (root / "x").symlink_to(outside / "x")
    with pytest.raises(AlreadyExistsError):
        end.put(Item("x", 1, ""), b"1", replace=None)
    assert read_tree(outside) == {"x": b"mine"}


@pytest.mark.parametrize(
    ("key", "there"),
    [
        ("a", "a/b"),  # a folder has that name
        ("a/b", "a"),  # a file has the name of its folder
        ("x" * 300, "other"),
        (f"{TEMPORARY}x", "other"),
    ],
)
def test_a_name_that_the_folder_cannot_hold_is_refused(
    tmp_path: Path, key: str, there: str
) -> None:
    write_tree(tmp_path, {there: b"stays"})
    end = FolderEnd(tmp_path)
    with pytest.raises((InvalidKeyError, AlreadyExistsError)) as caught:
        end.put(Item(key, 1, ""), b"1", replace=None)
    if isinstance(caught.value, AlreadyExistsError):
        with pytest.raises(InvalidKeyError):
            end.find(key)
    assert read_tree(tmp_path) == {there: b"stays"}


def test_leftovers_of_long_ago_are_removed_before_a_run(tmp_path: Path) -> None:
    write_tree(tmp_path, {f"a/{TEMPORARY}old": b"", f"{TEMPORARY}new": b""})
    os.utime(tmp_path / "a" / f"{TEMPORARY}old", (0, 0))
    end = FolderEnd(tmp_path)
    end.listing()
    end.prepare()
    assert set(read_tree(tmp_path)) == {f"{TEMPORARY}new"}


def test_a_file_system_without_hard_links_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(*args: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", link)
    end = FolderEnd(tmp_path)
    version = end.put(Item("k", 1, ""), b"1", replace=None)
    assert item_of(end, "k").version == version
    with pytest.raises(AlreadyExistsError):
        end.put(Item("k", 1, ""), b"2", replace=None)
    assert read_tree(tmp_path) == {"k": b"1"}


def test_a_full_disk_is_told_and_leaves_nothing_half(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this user may not mount a file system")
    try:
        end = FolderEnd(disk)
        end.put(Item("small", 1, ""), b"1", replace=None)
        with pytest.raises(DiskFullError):
            end.put(Item("big", 1 << 20, ""), bytes(1 << 20), replace=None)
        assert read_tree(disk) == {"small": b"1"}
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_folder_that_takes_no_files_is_told(tmp_path: Path) -> None:
    if subprocess.run(["chattr", "+i", str(tmp_path)], check=False, capture_output=True).returncode:
        pytest.skip("this file system, or this user, has no chattr")
    try:
        with pytest.raises(StorageError) as caught:
            FolderEnd(tmp_path).put(Item("k", 1, ""), b"1", replace=None)
        assert caught.value.code == "permission_denied"
    finally:
        subprocess.run(["chattr", "-i", str(tmp_path)], check=True)
