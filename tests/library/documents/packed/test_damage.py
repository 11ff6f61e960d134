"""Packed records that are damaged, huge, moved or of another release are told."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
import zstandard as zstd

from ingenious_storage.backends.base import Backend
from ingenious_storage.documents import MSGPACK, DocumentStore, revisions, verify
from ingenious_storage.documents.format import packed
from ingenious_storage.errors import (
    CorruptObjectError,
    ObjectTooLargeError,
    StorageError,
    UnsupportedFormatError,
)
from tests.library.documents.damage.test_bit_flips import REFUSALS, flipped
from tests.support.counting import CountingBackend
from tests.support.layering import behind, files_on
from tests.support.peak import traced_peak_of

KEY = "agents/langgraph/a/state.msgpack"
BEGIN = 5
"""Magic and version."""


def filled(store: DocumentStore, count: int = 40) -> DocumentStore:
    made = store.encoded(MSGPACK)
    for turn in range(count):
        made.save(KEY, {"turn": turn, "raw": b"\x00\xff" * turn})
    return made


def another(backend: Backend, **more: Any) -> DocumentStore:
    return DocumentStore(files_on(backend), **more).encoded(MSGPACK)


def everything(store: DocumentStore) -> list[Any]:
    history = store.history(KEY, limit=None)
    return [history, store.load(KEY, revision=2), *revisions(store, KEY)]


def refusal_of(is_same: Callable[[], bool]) -> StorageError | None:
    try:
        assert is_same(), "what is read has changed in silence"
    except REFUSALS as error:
        return error
    return None


def rewritten(
    backend: Backend, change: Callable[[Any], Any], *, magic: bytes = packed.MAGIC + b"\x01"
) -> None:
    """The head with other fields, and its data."""
    raw = behind(backend).get(KEY).data
    fields, data = packed.unpack(raw, key=KEY, limit=2**30)
    frame = zstd.ZstdCompressor().compress(packed.join(change(fields), data))
    behind(backend).put(KEY, magic + frame)


@pytest.mark.parametrize("kind", ["", "history/"])
def test_a_bit_that_is_turned_over_is_told(
    store: DocumentStore, backend: CountingBackend, kind: str
) -> None:
    expected = everything(filled(store))
    [(key, blob)] = [
        (each.key, backend.get(each.key)) for each in backend.iterate(f"{kind}agents/")
    ]
    chosen, told = random.Random(3), 0
    for _ in range(80):
        backend.put(key, flipped(blob.data, chosen.randrange(8 * len(blob.data))))
        error = refusal_of(lambda: everything(another(backend)) == expected)
        if error is not None:
            assert error.key is not None
            assert error.key in key
            told += 1
            (problem,) = verify(another(backend)).problems
            assert problem.code == error.code
    assert told >= 78, "only the unused bit of a zstd header means nothing"


def test_a_cut_head_is_told(store: DocumentStore, backend: CountingBackend) -> None:
    filled(store)
    raw = behind(backend).get(KEY).data
    for length in (*range(4, 30), len(raw) - 4, len(raw) - 1):
        behind(backend).put(KEY, raw[:length])
        with pytest.raises((CorruptObjectError, UnsupportedFormatError)):
            another(backend).load(KEY)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda fields: {**fields, "key": "agents/langgraph/b/state.msgpack"}, CorruptObjectError),
        (lambda fields: {**fields, "format": "ingenious.document/2"}, UnsupportedFormatError),
        (lambda fields: {**fields, "encoding": "cbor"}, UnsupportedFormatError),
        (lambda fields: {**fields, "encoding": 5}, CorruptObjectError),
        (lambda fields: {**fields, "segments": {}}, CorruptObjectError),
        (lambda fields: {**fields, "segments": [[32, "no hex", True]]}, CorruptObjectError),
        (lambda fields: {**fields, "segments": [[32, "ab"]]}, CorruptObjectError),
        (lambda fields: {**fields, "first": 90}, CorruptObjectError),
        (lambda fields: [fields], CorruptObjectError),
    ],
)
def test_fields_that_are_not_as_they_have_to_be_are_told(
    store: DocumentStore,
    backend: CountingBackend,
    change: Callable[[Any], Any],
    error: type[StorageError],
) -> None:
    filled(store)
    rewritten(backend, change)
    with pytest.raises(error) as caught:
        another(backend).load(KEY)
    assert caught.value.key == KEY
    assert len(verify(another(backend)).problems) == 1


def test_a_newer_version_is_named(store: DocumentStore, backend: CountingBackend) -> None:
    filled(store)
    rewritten(backend, lambda fields: fields, magic=packed.MAGIC + b"\x02")
    with pytest.raises(UnsupportedFormatError, match="newer version"):
        another(backend).load(KEY)


def test_fields_that_are_longer_than_the_record_are_told(
    store: DocumentStore, backend: CountingBackend
) -> None:
    filled(store)
    raw = behind(backend).get(KEY).data
    frame = zstd.ZstdCompressor().compress((500).to_bytes(4, "big") + b"{}")
    behind(backend).put(KEY, raw[:BEGIN] + frame)
    with pytest.raises(CorruptObjectError, match="cut"):
        another(backend).load(KEY)


def test_a_field_that_is_not_known_stays(store: DocumentStore, backend: CountingBackend) -> None:
    filled(store)
    rewritten(backend, lambda fields: {**fields, "colour": "green"})
    another(backend).save(KEY, 1)
    head = another(backend).head(KEY)
    assert head is not None
    assert head.fields["colour"] == "green"  # type: ignore[typeddict-item]


@pytest.mark.parametrize("kind", ["", "history/"])
def test_a_bomb_is_refused_before_memory_is_taken(
    store: DocumentStore, backend: CountingBackend, kind: str
) -> None:
    filled(store)
    [info] = behind(backend).iterate(f"{kind}agents/")
    size = 512 * 1024 * 1024
    bomb = zstd.ZstdCompressor().compressobj(size=size)
    frame = b"".join([*(bomb.compress(bytes(2**20)) for _ in range(size // 2**20)), bomb.flush()])
    behind(backend).put(info.key, (packed.MAGIC + b"\x01" if not kind else b"") + frame)
    reader = another(backend)

    def read() -> None:
        with pytest.raises(CorruptObjectError):
            reader.load(KEY, revision=2)

    assert traced_peak_of(read) < 16 * 2**20
    assert len(verify(another(backend)).problems) == 1


def test_fields_of_more_than_16_mib_are_refused_before_they_are_written() -> None:
    with pytest.raises(ObjectTooLargeError):
        packed.join({"recent": "x" * 2**24}, b"")


def test_a_json_store_reads_a_packed_document_and_keeps_its_encoding(
    store: DocumentStore, backend: CountingBackend
) -> None:
    """Documents say themselves what their data are; a store says it of new ones only."""
    filled(store, 3)
    document = DocumentStore(files_on(backend)).load(KEY)
    assert document.data == {"turn": 2, "raw": b"\x00\xff" * 2}
    assert not behind(backend).get(KEY).data.startswith(b"{")


@pytest.mark.parametrize(
    "write",
    [
        lambda store: store.save(KEY, 1),
        lambda store: store.save_new(KEY, 1),
        lambda store: store.update(KEY, lambda _data: 1),
    ],
)
def test_nothing_is_written_in_another_encoding_than_a_document_has(
    store: DocumentStore, backend: CountingBackend, write: Callable[[DocumentStore], Any]
) -> None:
    filled(store, 3)
    before = behind(backend).get(KEY).data
    for other in (store, DocumentStore(files_on(backend))):
        with pytest.raises(UnsupportedFormatError, match="msgpack") as caught:
            write(other)
        assert "storage.agents" in str(caught.value.hint)
    assert behind(backend).get(KEY).data == before
    store.delete(KEY)
    with pytest.raises(UnsupportedFormatError):
        store.create(KEY, 1)
    assert store.restore(KEY).number == 5, "bytes that are stored already are no matter of encoding"
    assert another(backend).load(KEY).data["turn"] == 2
