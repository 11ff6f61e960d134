"""A held copy of a container is found by either names of its files, and never written to."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from ingenious_storage.backends.base import Backend, GetOptions
from ingenious_storage.backends.copied import CopiedFolder
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.backends.local.backend import LocalBackend
from ingenious_storage.errors import NotFoundError, PermissionDeniedError

KEYS = ("history/Chat/memory.json/0000000001-ab", "history/Chat/memory.json/0000000002-cd")


def of_blobs(folder: Path) -> None:
    for key in KEYS:
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(key.encode())


def of_a_local_container(folder: Path) -> None:
    backend = LocalBackend(folder)
    backend.ensure_container()
    for key in KEYS:
        backend.put(key, key.encode())


@pytest.mark.parametrize("make", [of_blobs, of_a_local_container])
def test_both_names_are_read(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path)
    copied = CopiedFolder(tmp_path)
    assert copied.container_exists()
    assert [blob.key for blob in copied.list("history/Chat/memory.json/").blobs] == list(KEYS)
    assert copied.get(KEYS[0]).data == KEYS[0].encode()
    assert copied.get(KEYS[0], GetOptions((8, 4))).data == b"Chat"
    assert copied.head(KEYS[1]).size == len(KEYS[1])
    with pytest.raises(NotFoundError):
        copied.get("history/Chat")


def test_some_blobs_may_be_elsewhere(tmp_path: Path) -> None:
    of_blobs(tmp_path)
    now = InMemoryBackend()
    now.put("keys/container.json", b"now")
    copied = CopiedFolder(tmp_path, {"keys/": now})
    assert copied.get("keys/container.json").data == b"now"
    with pytest.raises(NotFoundError):
        copied.get("keys/other")
    assert copied.get(KEYS[0]).data == KEYS[0].encode()


WRITES: dict[str, Callable[[Backend], object]] = {
    "put": lambda copied: copied.put("k", b""),
    "upload": lambda copied: copied.upload("k", io.BytesIO()),
    "delete": lambda copied: copied.delete("k"),
    "delete_many": lambda copied: copied.delete_many(["k"]),
    "ensure_container": lambda copied: copied.ensure_container(),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_nothing_is_written(tmp_path: Path, write: Callable[[Backend], object]) -> None:
    with pytest.raises(PermissionDeniedError):
        write(CopiedFolder(tmp_path))
    assert list(tmp_path.iterdir()) == []
