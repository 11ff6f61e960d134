"""Documents on a store whose ETags follow from the bytes.

An ETag of S3 is the MD5 of what was written, so a blob that was changed and changed back has its
old ETag again. The head of a document never has: each write of it has a `write_id` of its own.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from ingenious_storage import FileStorage, MemoryManager
from ingenious_storage.backends.base import IfMatch, PutOptions
from ingenious_storage.backends.s3.backend import S3Backend
from ingenious_storage.errors import ConflictError
from tests.library.backends.s3.accounts import account_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.servers.s3 import S3Server

HEAD = "conversations/c/memory.json"


@pytest.fixture
def backend(versitygw: S3Server, container_name: str) -> Iterator[S3Backend]:
    backend = S3Backend(account_of(versitygw), container_name)
    assert backend.ensure_container()
    yield backend
    backend.close()


@pytest.fixture
def memories(backend: S3Backend) -> MemoryManager:
    return MemoryManager(FileStorage(backend))


def test_a_raw_blob_that_was_changed_back_matches_its_old_etag(backend: S3Backend) -> None:
    """What documents must not rest on."""
    old = backend.put("k", b"1").etag
    backend.put("k", b"2")
    assert backend.put("k", b"1").etag == old
    backend.put("k", b"3", PutOptions(condition=IfMatch(old)))


def test_a_document_that_was_changed_back_does_not(
    backend: S3Backend, memories: MemoryManager
) -> None:
    memories.save_memory("c", {"a": 1})
    seen = memories.snapshot("c")
    etag, stored = backend.head(HEAD).etag, backend.get(HEAD).data
    memories.save_memory("c", {"a": 2})
    memories.save_memory("c", {"a": 1})
    assert memories.load_memory("c") == seen.data
    with pytest.raises(ConflictError):
        memories.save_memory("c", {"a": 9}, expected=seen.revision)
    with pytest.raises(ConflictError):
        backend.put(HEAD, stored, PutOptions(condition=IfMatch(etag)))
    assert len(memories.history("c")) == 3


def test_one_that_was_purged_and_written_again_does_not(
    backend: S3Backend, memories: MemoryManager
) -> None:
    etags = set()
    for _ in range(4):
        memories.save_memory("c", {"a": 1})
        etags.add(backend.head(HEAD).etag)
        memories.purge_memory("c")
    assert len(etags) == 4


def test_equal_data_of_many_writers_is_many_writes(
    backend: S3Backend, versitygw: S3Server, container_name: str
) -> None:
    """Each goes on top of the others; none is taken for another."""

    def save(number: int) -> None:
        own = S3Backend(account_of(versitygw), container_name)
        manager = MemoryManager(FileStorage(own))
        for _ in range(5):
            manager.append_messages("c", [{"role": "user", "content": "the same"}])
        own.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(save, range(6)))
    memories = MemoryManager(FileStorage(backend))
    assert len(memories.load_memory("c")["messages"]) == 30
    revisions = memories.history("c", limit=100)
    assert [revision.number for revision in revisions] == list(range(30, 0, -1))
