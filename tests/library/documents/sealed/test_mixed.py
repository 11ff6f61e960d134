"""Containers in which some was written with the layers and some without."""

from __future__ import annotations

import pytest

from ingenious_storage.backends.base import Backend
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import StorageSettings
from ingenious_storage.documents import DocumentStore, gc, purge, verify
from ingenious_storage.documents.format.segment import MAX_ENTRIES
from ingenious_storage.errors import NotEncryptedError
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.services.kinds import MEMORIES
from tests.support.layering import files_on, key_file, sections, stack
from tests.support.writers import remains, whole_history

KEY, OTHER = MEMORIES.key("a"), MEMORIES.key("b")
SAVES = MAX_ENTRIES + 2


def plain(backend: Backend) -> DocumentStore:
    return DocumentStore(FileStorage(backend), owns=MEMORIES.owns)


def strict(backend: Backend) -> DocumentStore:
    return DocumentStore(files_on(backend), owns=MEMORIES.owns)


def lenient(backend: Backend) -> DocumentStore:
    return DocumentStore(files_on(backend, accept_plain=True), owns=MEMORIES.owns)


def with_only(section: str, backend: Backend) -> DocumentStore:
    settings = StorageSettings(**{section: sections(key_file())[section]})
    return DocumentStore(FileStorage(stack(settings, backend)), owns=MEMORIES.owns)


@pytest.fixture
def written() -> Backend:
    """By a process without any layer."""
    backend = InMemoryBackend()
    for turn in range(SAVES):
        plain(backend).save(KEY, [turn])
    backend.put("mine.txt", b"a file")
    return backend


def test_what_is_plain_is_refused_and_stays(written: Backend) -> None:
    before = {info.key: info.etag for info in written.iterate()}
    store = strict(written)
    for call in (
        lambda: store.load(KEY),
        lambda: store.history(KEY),
        lambda: store.save(KEY, ["new"]),
        lambda: store.update(KEY, lambda old: [*(old or []), 1]),
        lambda: store.create(KEY, ["new"]),
        lambda: store.delete(KEY),
        lambda: store.files.load_bytes("mine.txt"),
    ):
        with pytest.raises(NotEncryptedError) as caught:
            call()
        assert caught.value.key in (KEY, "mine.txt")
    assert {problem.code for problem in verify(store).problems} == {"not_encrypted"}
    assert gc(store).keys == ()
    after = {info.key: info.etag for info in written.iterate() if "keys/" not in info.key}
    assert after == before


def test_what_is_plain_can_be_purged_all_the_same(written: Backend) -> None:
    """Who asks for that wants it gone; nobody can say how many revisions it had."""
    receipt = purge(strict(written), KEY)
    assert (receipt.revisions, receipt.blobs) == (None, 2)
    assert remains(written) == ["mine.txt"]


def test_what_is_plain_is_read_where_it_is_accepted_and_sealed_when_it_is_written(
    written: Backend,
) -> None:
    store = lenient(written)
    assert store.load(KEY).data == [SAVES - 1]
    assert [store.load(KEY, revision=n).data for n in (1, 2, SAVES)] == [[0], [1], [SAVES - 1]]
    assert store.files.load_bytes("mine.txt") == b"a file"
    for turn in range(SAVES, 2 * SAVES):
        store.save(KEY, [turn])
    store.save(OTHER, ["new"])
    assert strict(written).load(OTHER).data == ["new"]
    assert strict(written).load(KEY).data == [2 * SAVES - 1], "its head is sealed now"
    with pytest.raises(NotEncryptedError):
        strict(written).load(KEY, revision=1)
    assert [lenient(written).load(KEY, revision=n).data for n in (1, SAVES + 1)] == [[0], [SAVES]]
    assert verify(lenient(written)).problems == ()


def test_what_is_sealed_is_no_document_for_who_has_no_key() -> None:
    backend = InMemoryBackend()
    strict(backend).save(KEY, ["secret"])
    problems = verify(plain(backend)).problems
    assert [(p.key, p.code) for p in problems] == [(KEY, "invalid_configuration")]
    assert "storage.encryption is off" in problems[0].message
    assert "secret" not in str(problems)


def test_compression_reads_what_was_written_without_it(written: Backend) -> None:
    store = with_only("compression", written)
    assert [store.load(KEY, revision=n).data for n in (1, SAVES)] == [[0], [SAVES - 1]]
    for turn in range(SAVES):
        store.save(KEY, ["word " * 100, turn])
    assert with_only("compression", written).load(KEY, revision=1).data == [0]
    assert verify(store).problems == ()
    assert store.files.load_bytes("mine.txt") == b"a file"


def test_compression_may_come_after_encryption() -> None:
    backend = InMemoryBackend()
    sealed = with_only("encryption", backend)
    for turn in range(SAVES):
        sealed.save(KEY, [turn])
    store = strict(backend)
    assert [store.load(KEY, revision=n).data for n in (1, SAVES)] == [[0], [SAVES - 1]]
    store.save(KEY, ["next"])
    assert [value for _, value in whole_history(backend, KEY)][-2:] == [[SAVES - 1], ["next"]]
