from __future__ import annotations

import inspect
import io
import random
import re
from collections.abc import Callable
from dataclasses import fields, replace
from typing import BinaryIO, cast

import pytest

from ingenious_storage.backends.base import (
    GET_DEFAULTS,
    Backend,
    Blob,
    BlobInfo,
    GetOptions,
    IfMatch,
    PutOptions,
)
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.errors import (
    ConfigurationError,
    ConflictError,
    CorruptObjectError,
    NotFoundError,
    UnavailableError,
)
from ingenious_storage.layers.base import Layer
from ingenious_storage.layers.transform import TransformLayer
from tests.library.layers.toys import Deflated, NotDeflatedError, Sealed, SwapCase
from tests.support.counting import CountingBackend

CARRIES = re.compile(r"\b(bytes|BinaryIO|Blob|BlobInfo|Page)\b")
"""In the types of a method that shows data or sizes."""
BUILT_ON_OTHERS = {"iterate"}
OF_KEYS = {"keyed_documents"}
"""The sizes are of records beneath every transform."""
OF_STACKS = {"around_stores"}
"""It makes a stack, and is no call to a store."""


def _public(kind: type) -> dict[str, Callable[..., object]]:
    return {n: f for n, f in inspect.getmembers(kind, inspect.isfunction) if not n.startswith("_")}


def _carries(method: Callable[..., object]) -> bool:
    return any(CARRIES.search(str(kind)) for kind in inspect.get_annotations(method).values())


def test_no_method_that_carries_data_or_sizes_is_forgotten() -> None:
    """Also one that `Backend` gets later: its types say whether it has to be overridden."""
    carrying = {name for name, method in _public(Backend).items() if _carries(method)}
    known = {"get", "put", "head", "list", "upload", "open_read", "iterate", "keyed_documents"}
    assert carrying == known
    assert carrying - BUILT_ON_OTHERS - OF_KEYS <= vars(TransformLayer).keys()
    # `iterate` passes `list`, as long as nobody on the way overrides it.
    assert TransformLayer.iterate is Backend.iterate
    others = _public(Backend).keys() - OF_STACKS - carrying | OF_KEYS
    assert others <= vars(Layer).keys()
    assert not others & vars(TransformLayer).keys()


def test_a_new_method_would_be_noticed() -> None:
    def copy(self: Backend, key: str, target: str) -> Blob: ...  # type: ignore[empty-body]

    def tier(self: Backend, key: str) -> str: ...  # type: ignore[empty-body]

    assert _carries(copy)
    assert not _carries(tier)


def test_what_a_transform_says_of_itself_is_by_what_is_beneath() -> None:
    store = InMemoryBackend()
    assert (Sealed(store).lists_sizes, Sealed(store).random_access) == (True, True)
    store.lists_sizes = store.random_access = False
    assert (Sealed(store).lists_sizes, Sealed(store).random_access) == (False, False)
    assert Sealed(store).name == "inmemory"


@pytest.fixture
def inner() -> CountingBackend:
    return CountingBackend(InMemoryBackend())


DATA = bytes(range(256)) * 1024  # 4 frames of the toys


@pytest.mark.parametrize(
    ("byte_range", "requests"),
    [(None, 1), ((0, 10), 1), ((70_000, 10), 2), ((65_536, None), 2), ((0, None), 1)],
)
def test_a_range_costs_its_frames_and_a_header(
    inner: CountingBackend, byte_range: tuple[int, int | None] | None, requests: int
) -> None:
    Sealed(inner).put("k", DATA)
    inner.reset()
    offset, length = byte_range or (0, None)
    blob = Sealed(inner).get("k", GetOptions(byte_range))
    assert blob.data == DATA[offset : None if length is None else offset + length]
    assert dict(inner.operations) == {"get": requests}


def test_without_a_header_a_range_is_one_request(inner: CountingBackend) -> None:
    layer = SwapCase(inner)
    layer.put("k", DATA)
    inner.reset()
    assert layer.get("k", GetOptions((70_000, 10))).data == DATA[70_000:70_010]
    assert dict(inner.operations) == {"get": 1}


@pytest.mark.parametrize(("layer", "request_"), [(Sealed, "head"), (Deflated, "get")])
def test_head_is_one_request(
    inner: CountingBackend, layer: type[TransformLayer], request_: str
) -> None:
    layer(inner).put("k", DATA)
    inner.reset()
    assert layer(inner).head("k").size == len(DATA)
    assert dict(inner.operations) == {request_: 1}


def test_a_large_object_costs_what_it_costs_without_the_layer(inner: CountingBackend) -> None:
    data = DATA * 36  # 9 MiB
    layer = Sealed(inner)
    layer.upload("k", io.BytesIO(data))
    inner.reset()
    with layer.open_read("k") as reader:
        assert reader.read() == data
    assert dict(inner.operations) == {"head": 1, "get": 3}


class _Replaced(Layer):
    """Somebody writes the blob anew after each of the first `times` reads."""

    def __init__(self, inner: Backend, times: int) -> None:
        super().__init__(inner)
        self.times = times

    def get(self, key: str, options: GetOptions = GET_DEFAULTS) -> Blob:
        blob = super().get(key, options)
        if self.times:
            self.times -= 1
            Sealed(self.inner).put(key, DATA)
        return blob


def test_a_range_is_of_one_state_of_the_blob() -> None:
    store = InMemoryBackend()
    Sealed(store).put("k", DATA)
    blob = Sealed(_Replaced(store, 5)).get("k", GetOptions((70_000, 10)))
    assert blob.data == DATA[70_000:70_010]
    assert blob.info.etag == store.head("k").etag
    with pytest.raises(ConflictError, match="keeps changing"):
        Sealed(_Replaced(store, 1000)).get("k", GetOptions((70_000, 10)))


def test_frames_cannot_be_moved_cut_or_taken_from_another_blob() -> None:
    store = InMemoryBackend()
    layer = Sealed(store)
    layer.put("k", DATA)
    layer.put("other", DATA)
    good, other, frame = store.get("k").data, store.get("other").data, 65_540
    assert len(good) == 12 + 4 * frame
    second = good[12 + frame : 12 + 2 * frame]
    damaged = {
        "a frame twice": good[:12] + second + good[12 + frame :],
        "the last one gone": good[:-frame],
        "a half one": good[:-7],
        "one of another blob": good[:12] + other[12 : 12 + frame] + good[12 + frame :],
        "another key's": other,
        "only the header": good[:12],
        "a bit": good[:99] + bytes([good[99] ^ 1]) + good[100:],
    }
    reads: tuple[Callable[[], bytes], ...] = (
        lambda: layer.get("k").data,
        lambda: layer.get("k", GetOptions((0, None))).data,
        lambda: layer.open_read("k").read(),
    )
    for data in damaged.values():
        store.put("k", data)
        for read in reads:
            with pytest.raises(CorruptObjectError) as caught:
                read()
            assert caught.value.key == "k"


def test_sizes_follow_from_stored_sizes_and_some_are_of_no_blob() -> None:
    layer = Sealed(InMemoryBackend())
    for size in (0, 1, 65_535, 65_536, 65_537, 131_072, 131_073):
        assert layer.decoded_size(len(layer.encode("k", bytes(size))), b"") == size
    for stored in (0, 12, 15, 12 + 65_540 + 3, 12 + 65_540 + 4):  # the last has an empty frame more
        with pytest.raises(ValueError, match="no encoded blob"):
            layer.decoded_size(stored, b"")


def test_a_blob_that_ends_before_its_size_is_corrupt() -> None:
    store = InMemoryBackend()
    layer = Deflated(store)
    layer.put("k", b"five!")
    stored = store.get("k").data
    store.put("k", stored[:11] + b"\x09" + stored[12:])
    with layer.open_read("k") as reader, pytest.raises(CorruptObjectError, match="before its size"):
        reader.read()


def test_an_empty_blob_is_decoded_too() -> None:
    """Else a blob that was cut behind its header would be read as an empty one."""
    store = InMemoryBackend()
    layer = Sealed(store)
    layer.put("k", b"five!")
    store.put("k", store.get("k").data[:16])
    with pytest.raises(CorruptObjectError):
        layer.open_read("k")


@pytest.mark.parametrize(("end", "error"), [(-1, "cannot be decoded"), (None, "goes on behind")])
def test_what_follows_the_data_is_read_too(end: int | None, error: str) -> None:
    """A checksum at the end is looked at, and no byte is left out without a word."""
    store = InMemoryBackend()
    layer = Deflated(store)
    layer.put("k", DATA)
    stored = store.get("k").data
    size = len(DATA) if end else len(DATA) - 1
    store.put("k", stored[:4] + size.to_bytes(8, "big") + stored[12:end])
    with layer.open_read("k") as reader, pytest.raises(CorruptObjectError, match=error):
        reader.read()


class _Away(Layer):
    """Fails the second range of a read once."""

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self.ranges = 0

    def get(self, key: str, options: GetOptions = GET_DEFAULTS) -> Blob:
        self.ranges += options.byte_range is not None
        if self.ranges == 2:
            self.ranges += 1
            raise UnavailableError("away", key=key)
        return super().get(key, options)


@pytest.mark.parametrize("kind", [Sealed, Deflated])
def test_a_read_that_failed_may_be_tried_again(kind: type[TransformLayer]) -> None:
    data = random.Random(1).randbytes(5 * 2**20)  # two ranges, however it is compressed
    layer = kind(_Away(InMemoryBackend()))
    layer.put("k", data)
    ranges = layer.open_read("k").raw  # type: ignore[attr-defined]  # what is above it loses bytes
    parts: list[bytes] = []
    with pytest.raises(UnavailableError):
        parts.extend(iter(lambda: ranges.read(2**20), b""))
    read = b"".join(parts)
    assert 0 < len(read) < len(data)
    assert read + ranges.read() == data


class _Misconfigured(Layer):
    """Raises an error of this library that is a ValueError too, when it is read."""

    def get(self, key: str, options: GetOptions = GET_DEFAULTS) -> Blob:
        if options.byte_range and options.byte_range[0]:
            raise ConfigurationError("no key for it", key=key)
        return super().get(key, options)


def test_an_error_of_the_layers_beneath_is_not_called_damage() -> None:
    layer = Sealed(_Misconfigured(InMemoryBackend()))
    layer.put("k", DATA * 36)
    with layer.open_read("k") as reader, pytest.raises(ConfigurationError):
        reader.read()


@pytest.mark.parametrize("kind", [Sealed, Deflated])
@pytest.mark.parametrize("data", [b"", b"x", b"SEA", DATA])
def test_plain_blobs_are_shown_as_they_are_where_that_was_asked_for(
    kind: type[TransformLayer], data: bytes
) -> None:
    store = InMemoryBackend()
    layer = kind(store, accepts_plain=True)
    assert layer.lists_sizes is False
    store.put("plain", data)
    layer.put("ours", data)
    for key in ("plain", "ours"):
        assert layer.get(key).data == data
        assert layer.get(key).info == layer.head(key)
        assert layer.head(key).size == len(data)
        for offset, length in ((0, 2), (1, None), (70_000, 3), (300_000, 1)):
            end = None if length is None else offset + length
            assert layer.get(key, GetOptions((offset, length))).data == data[offset:end]
        with layer.open_read(key) as reader:
            assert reader.read() == data
    assert [info.size for info in layer.list().blobs] == [
        store.head("ours").size,
        store.head("plain").size,
    ]
    layer.put("plain", b"ours now", PutOptions(condition=IfMatch(store.head("plain").etag)))
    assert store.get("plain").data != b"ours now"


def test_the_error_for_a_plain_blob_is_the_layers_own() -> None:
    store = InMemoryBackend()
    store.put("k", b"plain")
    for call, operation in (
        (lambda: Deflated(store).get("k"), "get"),
        (lambda: Deflated(store).head("k"), "head"),
    ):
        with pytest.raises(NotDeflatedError) as caught:
            call()
        assert (caught.value.key, caught.value.operation) == ("k", operation)


def test_data_that_begins_with_the_magic_is_encoded_as_all_other(inner: CountingBackend) -> None:
    for layer in (Sealed(inner), Deflated(inner)):
        inside = layer.get
        data = layer.magic + b" is how it begins"
        layer.put("k", data)
        assert inside("k").data == data
        layer.put("twice", inner.get("k").data)
        assert inside("twice").data == inner.get("k").data


def test_a_blob_that_no_encoding_has_is_listed_with_its_stored_size() -> None:
    store = InMemoryBackend()
    layer = Sealed(store)
    store.put("a", b"short")
    layer.put("b", b"ours")
    assert [(info.key, info.size) for info in layer.list().blobs] == [("a", 5), ("b", 4)]
    with pytest.raises(CorruptObjectError):
        layer.head("a")


class _Pipe(io.BytesIO):
    def seekable(self) -> bool:
        return False


def test_a_pipe_is_measured_where_its_size_is_written_first(inner: CountingBackend) -> None:
    layer = Deflated(inner)
    assert layer.upload("k", _Pipe(DATA)).size == len(DATA)
    assert layer.head("k").size == len(DATA)


class _Shrinking(io.BytesIO):
    """Has more bytes when it is measured than when it is read."""

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return super().seek(offset, whence) + (10 if whence == io.SEEK_END else 0)


def test_a_stream_that_shrinks_is_not_written(inner: CountingBackend) -> None:
    with pytest.raises(ConflictError, match="shorter"):
        Deflated(inner).upload("k", _Shrinking(DATA))
    with pytest.raises(NotFoundError):
        inner.head("k")


class Lapping(io.RawIOBase):
    """Gives these pieces, whatever is wanted."""

    def __init__(self, *pieces: bytes | None) -> None:
        self._pieces = list(pieces)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes | None:
        return self._pieces.pop(0) if self._pieces else b""


@pytest.mark.parametrize("kind", [Sealed, Deflated, SwapCase])
def test_a_stream_that_goes_on_behind_its_end_is_read_to_its_end(
    kind: type[TransformLayer],
) -> None:
    """Such as a log that somebody writes: a frame in the middle would be too short."""
    layer = kind(InMemoryBackend())
    layer.upload("k", cast("BinaryIO", Lapping(b"abc", b"d", b"", b"later", b"")))
    assert layer.get("k").data == b"abcd"


@pytest.mark.parametrize("kind", [Sealed, Deflated, SwapCase])
def test_a_stream_without_data_for_now_is_not_cut(kind: type[TransformLayer]) -> None:
    layer = kind(InMemoryBackend())
    with pytest.raises(BlockingIOError):
        layer.upload("k", cast("BinaryIO", Lapping(b"abc", None, b"later", b"")))
    assert not [*layer.iterate()]


def test_transforms_stand_on_each_other() -> None:
    """Compress over encrypt: each keeps the rule by what the other shows."""
    store = InMemoryBackend()
    layer = Deflated(Sealed(store))
    layer.upload("k", io.BytesIO(DATA))
    assert layer.get("k").data == DATA
    assert layer.get("k", GetOptions((70_000, 9))).data == DATA[70_000:70_009]
    assert layer.get("k").info == layer.head("k")
    assert store.get("k").data[:4] == b"SEAL"
    reader: BinaryIO
    with layer.open_read("k") as reader:
        reader.seek(100_000)
        assert reader.read(7) == DATA[100_000:100_007]
        reader.seek(3)
        assert reader.read() == DATA[3:]
    over = Sealed(Deflated(store))
    over.put("k", DATA)
    assert over.get("k", GetOptions((70_000, 9))).data == DATA[70_000:70_009]
    assert over.head("k").size == len(DATA)
    assert (over.lists_sizes, over.random_access) == (False, False)


@pytest.mark.parametrize("outer", [Sealed, Deflated, SwapCase])
@pytest.mark.parametrize("stream", [io.BytesIO, _Pipe])
def test_a_transform_that_measures_takes_what_another_encodes(
    outer: Callable[[Backend], TransformLayer], stream: Callable[[bytes], BinaryIO]
) -> None:
    """What a transform above encodes goes back to its start, and has no end that is known."""
    layer = outer(Deflated(InMemoryBackend()))
    assert layer.upload("k", stream(DATA)).size == len(DATA)
    assert layer.get("k").data == DATA


def test_another_size_changes_nothing_else_of_a_blobs_info() -> None:
    """Also of a field that comes later."""
    told = BlobInfo(**{each.name: object() for each in fields(BlobInfo)})  # type: ignore[arg-type]
    assert told.sized(7) == replace(told, size=7)
