"""Which key a write is sealed with, by what it is in the life of its document."""

from __future__ import annotations

import pytest

from ingenious_storage.backends.base import (
    Condition,
    IfAbsent,
    IfMatch,
    Lineage,
    PutOptions,
)
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.documents import DocumentStore, purge
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    CorruptObjectError,
    KeyDestroyedError,
    NotFoundError,
    PreconditionsIgnoredError,
    UnsupportedFormatError,
)
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.layers.base import Layer
from ingenious_storage.layers.encrypt.layer import EncryptLayer
from tests.library.layers.encrypt.house import DOCUMENT, Time, encrypted, key_of
from tests.support.counting import CountingBackend

RECORD = f"keys/documents/{DOCUMENT}"
SEGMENT = f"history/{DOCUMENT}/0000000032-ab12"
HOUR = 3600


def begun(condition: Condition) -> PutOptions:
    return PutOptions(condition=condition, lineage=Lineage.BEGINS)


@pytest.fixture
def store() -> CountingBackend:
    return CountingBackend(InMemoryBackend())


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def layer(store: CountingBackend, time: Time) -> EncryptLayer:
    return encrypted(store, time=time)


def first(layer: EncryptLayer) -> str:
    """Begin the document: its ETag."""
    return layer.put(DOCUMENT, b"1", begun(IfAbsent())).etag


def purged(layer: EncryptLayer, etag: str) -> str:
    """As a purge does: ids, tombstone, keys. The ETag of the tombstone."""
    ids = [*layer.document_keys(DOCUMENT)]
    options = PutOptions(condition=IfMatch(etag), lineage=Lineage.ENDS)
    tombstone = layer.put(DOCUMENT, b"purged", options).etag
    layer.destroy_keys(DOCUMENT, ids)
    return tombstone


def sealed_with(store: CountingBackend, key: str = DOCUMENT) -> str:
    return key_of(store.get(key).data)


def test_a_document_has_one_key_and_other_blobs_that_of_the_container(
    store: CountingBackend, layer: EncryptLayer
) -> None:
    etag = first(layer)
    layer.put(DOCUMENT, b"2", PutOptions(condition=IfMatch(etag)))
    layer.put(SEGMENT, b"s", PutOptions(condition=IfAbsent()))
    layer.put("notes/a.txt", b"a")
    layer.put(f"deleted/{DOCUMENT}", b"")
    [only] = layer.document_keys(DOCUMENT)
    assert sealed_with(store) == sealed_with(store, SEGMENT) == only
    others = {sealed_with(store, "notes/a.txt"), sealed_with(store, f"deleted/{DOCUMENT}")}
    assert len(others) == 1
    assert only not in others


def test_a_tombstone_outlives_the_documents_keys(
    store: CountingBackend, layer: EncryptLayer
) -> None:
    etag = first(layer)
    before = store.get(DOCUMENT)
    purged(layer, etag)
    assert layer.get(DOCUMENT).data == encrypted(store).get(DOCUMENT).data == b"purged"
    assert layer.document_keys(DOCUMENT) == {}
    with pytest.raises(NotFoundError):
        store.head(RECORD)
    store.put(DOCUMENT, before.data)  # of a backup
    for reader in (layer, encrypted(store)):
        with pytest.raises(KeyDestroyedError) as caught:
            reader.get(DOCUMENT)
        assert caught.value.key == DOCUMENT


def test_who_begins_over_a_tombstone_has_a_key_of_its_own(
    store: CountingBackend, layer: EncryptLayer
) -> None:
    tombstone = purged(layer, first(layer))
    layer.put(DOCUMENT, b"new", begun(IfMatch(tombstone)))
    [(name, key)] = layer.document_keys(DOCUMENT).items()
    assert (name, key.after) == (sealed_with(store), tombstone)


def test_a_purge_that_is_late_spares_what_began_over_its_tombstone(
    store: CountingBackend, layer: EncryptLayer
) -> None:
    etag = first(layer)
    ids = [*layer.document_keys(DOCUMENT)]
    options = PutOptions(condition=IfMatch(etag), lineage=Lineage.ENDS)
    tombstone = layer.put(DOCUMENT, b"purged", options).etag
    encrypted(store).put(DOCUMENT, b"new", begun(IfMatch(tombstone)))
    layer.destroy_keys(DOCUMENT, ids)
    assert layer.get(DOCUMENT).data == b"new"
    assert [key.after for key in layer.document_keys(DOCUMENT).values()] == [tombstone]


def test_two_who_begin_over_one_tombstone_share_a_key(
    store: CountingBackend, layer: EncryptLayer
) -> None:
    tombstone = purged(layer, first(layer))
    store.inner.put(DOCUMENT, store.inner.get(DOCUMENT).data)  # neither will land
    for each in (layer, encrypted(store)):
        with pytest.raises(ConflictError):
            each.put(DOCUMENT, b"new", begun(IfMatch(tombstone)))
    assert len(layer.document_keys(DOCUMENT)) == 1


@pytest.mark.parametrize(("age", "keys"), [(0, 1), (HOUR - 1, 1), (HOUR, 2)])
def test_who_begins_where_a_crash_left_a_key_uses_it_while_it_is_young(
    store: CountingBackend, layer: EncryptLayer, time: Time, age: float, keys: int
) -> None:
    first(layer)
    store.delete(DOCUMENT)  # the head was never put
    time.seconds += age
    encrypted(store, time=time).put(DOCUMENT, b"1", begun(IfAbsent()))
    assert len(layer.document_keys(DOCUMENT)) == keys
    assert sealed_with(store) == next(iter(layer.document_keys(DOCUMENT)))


def test_nobody_adds_a_key_to_a_document_that_is_there(
    store: CountingBackend, layer: EncryptLayer, time: Time
) -> None:
    first(layer)
    time.seconds += 2 * HOUR
    for each in (layer, encrypted(store, time=time)):
        with pytest.raises(AlreadyExistsError) as caught:
            each.put(DOCUMENT, b"other", begun(IfAbsent()))
        assert (caught.value.key, caught.value.outcome_unknown) == (DOCUMENT, False)
    assert len(layer.document_keys(DOCUMENT)) == 1


def test_who_goes_on_seals_with_the_key_of_the_head_it_saw(
    store: CountingBackend, layer: EncryptLayer
) -> None:
    """A key that somebody made in vain over an older tombstone is not the document's."""
    tombstone = purged(layer, first(layer))
    etag = layer.put(DOCUMENT, b"new", begun(IfMatch(tombstone))).etag
    live = sealed_with(store)
    with pytest.raises(ConflictError):
        encrypted(store).put(DOCUMENT, b"in vain", begun(IfMatch("older")))
    other = encrypted(store)
    assert other.get(DOCUMENT).data == b"new"
    with pytest.raises(ConflictError):
        other.put(DOCUMENT, b"in vain too", begun(IfMatch("oldest")))
    for each in (layer, other):
        assert each.document_keys(DOCUMENT).keys() > {live}
        etag = each.put(DOCUMENT, b"more", PutOptions(condition=IfMatch(etag))).etag
        each.put(SEGMENT, b"s")
        assert sealed_with(store) == sealed_with(store, SEGMENT) == live


def test_a_process_that_knows_the_old_key_reads_the_new_document(
    store: CountingBackend, layer: EncryptLayer
) -> None:
    etag = first(layer)
    other = encrypted(store)
    assert other.get(DOCUMENT).data == b"1"
    tombstone = purged(layer, etag)
    assert other.get(DOCUMENT).data == b"purged"
    etag = layer.put(DOCUMENT, b"new", begun(IfMatch(tombstone))).etag
    assert other.get(DOCUMENT).data == b"new"
    other.put(DOCUMENT, b"newer", PutOptions(condition=IfMatch(etag)))
    assert layer.get(DOCUMENT).data == b"newer"


def test_a_blob_of_a_document_without_keys_makes_one(
    store: CountingBackend, layer: EncryptLayer
) -> None:
    """As a migration and an encryption in place do."""
    layer.put(SEGMENT, b"s")
    layer.put(DOCUMENT, b"1")
    assert {sealed_with(store), sealed_with(store, SEGMENT)} == {*layer.document_keys(DOCUMENT)}


class _NoConditionalDelete(Layer):
    """Refuses what it cannot do, as S3's backend does on some services."""

    def delete(self, key: str, *, condition: IfMatch | None = None) -> None:
        if condition is not None:
            raise PreconditionsIgnoredError("this service cannot")
        super().delete(key)


def test_where_no_delete_is_conditional_an_empty_record_stays(store: CountingBackend) -> None:
    layer = encrypted(_NoConditionalDelete(store))
    tombstone = purged(layer, first(layer))
    assert b'"keys":[]' in store.get(RECORD).data
    assert layer.document_keys(DOCUMENT) == {}
    layer.put(DOCUMENT, b"new", begun(IfMatch(tombstone)))
    assert encrypted(store).get(DOCUMENT).data == b"new"
    store.delete(DOCUMENT)
    layer.destroy_keys(DOCUMENT, [*layer.document_keys(DOCUMENT)])
    layer.put(DOCUMENT, b"again", begun(IfAbsent()))
    assert encrypted(store).get(DOCUMENT).data == b"again"


def test_keys_that_are_not_there_are_destroyed_without_a_write(
    store: CountingBackend, layer: EncryptLayer
) -> None:
    layer.destroy_keys(DOCUMENT, ["00"])
    first(layer)
    store.reset()
    layer.destroy_keys(DOCUMENT, ["00"])
    assert dict(store.operations) == {"get": 1}
    assert layer.get(DOCUMENT).data == b"1"


def test_a_record_that_is_damaged_or_newer_is_told_as_such(
    store: CountingBackend, layer: EncryptLayer
) -> None:
    first(layer)
    for record, error in (
        (b"{", CorruptObjectError),
        (b'{"format":"ingenious.document-key/2"}', UnsupportedFormatError),
    ):
        store.put(RECORD, record)
        other = encrypted(store)
        for call in (
            lambda: other.get(DOCUMENT),  # noqa: B023  # called in the loop
            lambda: other.put(DOCUMENT, b"2"),  # noqa: B023
            lambda: other.document_keys(DOCUMENT),  # noqa: B023
        ):
            with pytest.raises(error):
                call()
    with pytest.raises(UnsupportedFormatError):
        encrypted(store).destroy_keys(DOCUMENT, ["00"])


def test_a_document_with_a_damaged_record_can_be_purged(store: CountingBackend) -> None:
    documents = DocumentStore(FileStorage(encrypted(store)), owns=lambda key: key == DOCUMENT)
    documents.save(DOCUMENT, "old")
    copy = store.get(DOCUMENT).data
    store.put(RECORD, b"{")
    fresh = DocumentStore(FileStorage(encrypted(store)), owns=lambda key: key == DOCUMENT)
    purge(fresh, DOCUMENT)
    fresh.save(DOCUMENT, "new")
    assert fresh.load(DOCUMENT).data == "new"
    store.put(DOCUMENT, copy)
    with pytest.raises(KeyDestroyedError):
        encrypted(store).get(DOCUMENT)
