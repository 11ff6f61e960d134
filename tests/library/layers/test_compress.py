"""Compression: its envelope, what is refused, and what it holds in memory."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO, cast

import pytest
import zstandard

from ingenious_storage.backends.base import (
    GET_DEFAULTS,
    PUT_DEFAULTS,
    Blob,
    BlobInfo,
    GetOptions,
    PutOptions,
)
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.errors import (
    CorruptObjectError,
    ObjectTooLargeError,
    StorageError,
    UnsupportedFormatError,
)
from ingenious_storage.layers import compress
from ingenious_storage.layers.compress import CompressLayer
from tests.support.peak import traced_peak_of

COMPRESSED, AS_IT_IS = b"\xc9igz\x01\x01", b"\xc9igz\x01\x00"
TEXT = b"One of many messages of a conversation that was long. " * 900
NOISE = random.Random(1).randbytes(1_100_000)
KIB, MIB = 1024, 1024 * 1024


def frame(data: bytes, *, write_checksum: bool = True, write_content_size: bool = True) -> bytes:
    codec = zstandard.ZstdCompressor(
        3, write_checksum=write_checksum, write_content_size=write_content_size
    )
    return codec.compress(data)


@pytest.fixture
def inner() -> InMemoryBackend:
    return InMemoryBackend()


@pytest.fixture
def layer(inner: InMemoryBackend) -> CompressLayer:
    return CompressLayer(inner)


def reads(layer: CompressLayer) -> tuple[Callable[[], bytes], ...]:
    """Every way to the data of "k"."""

    def stream() -> bytes:
        with layer.open_read("k") as reader:
            return reader.read()

    return (
        lambda: layer.get("k").data,
        lambda: layer.get("k", GetOptions((0, None))).data,
        stream,
    )


@pytest.mark.parametrize("size", [0, 1, 5, 6, 7, 100, 16 * KIB, 16 * KIB + 1, 256 * KIB])
def test_text_and_noise_of_any_size_come_back(
    inner: InMemoryBackend, layer: CompressLayer, size: int
) -> None:
    for data in (b"a" * size, random.Random(size).randbytes(size)):
        for write in (layer.put, lambda key, data: layer.upload(key, io.BytesIO(data))):
            assert write("k", data).size == size
            assert [read() for read in reads(layer)] == [data] * 3
            assert layer.head("k").size == size
            assert inner.head("k").size <= size + len(AS_IT_IS)


def test_streams_of_several_pieces_come_back(inner: InMemoryBackend, layer: CompressLayer) -> None:
    noise = random.Random(2).randbytes(MIB)
    for data in (b"text " * MIB, noise * 3, b"a" * MIB + noise, noise + b"a" * MIB):
        layer.upload("k", io.BytesIO(data))
        assert [read() for read in reads(layer)] == [data] * 3
        assert inner.head("k").size <= len(data) + 1000


def test_what_does_not_shrink_is_stored_as_it_is(
    inner: InMemoryBackend, layer: CompressLayer
) -> None:
    layer.put("put", NOISE)
    layer.upload("upload", io.BytesIO(NOISE * 2))
    assert inner.get("put").data == AS_IT_IS + NOISE
    assert inner.get("upload").data == AS_IT_IS + NOISE * 2
    with layer.open_read("upload") as reader:
        reader.seek(len(NOISE) + 5)
        assert reader.read(100) == NOISE[5:105]


def test_text_shrinks_and_says_its_size_and_its_checksum(
    inner: InMemoryBackend, layer: CompressLayer
) -> None:
    layer.put("k", TEXT)
    stored = inner.get("k").data
    assert stored[:6] == COMPRESSED
    assert len(stored) < len(TEXT) / 100
    parameters = zstandard.get_frame_parameters(stored[6:])
    assert (parameters.content_size, parameters.has_checksum) == (len(TEXT), True)


def test_what_was_written_before_is_read(inner: InMemoryBackend, layer: CompressLayer) -> None:
    for data in (b"", b"{}", TEXT, frame(TEXT), b"\xc9igy" + TEXT):
        info = inner.put("k", data)
        assert [read() for read in reads(layer)] == [data] * 3
        assert layer.head("k") == inner.head("k")
        assert layer.get("k").info.etag == info.etag


def test_data_that_begin_with_the_magic_are_wrapped_too(layer: CompressLayer) -> None:
    for data in (COMPRESSED, AS_IT_IS, COMPRESSED + frame(TEXT), AS_IT_IS + NOISE):
        layer.put("k", data)
        assert [read() for read in reads(layer)] == [data] * 3


def test_a_blob_of_before_that_begins_with_the_magic_is_loud(
    inner: InMemoryBackend, layer: CompressLayer
) -> None:
    """It could only be shown by a guess."""
    refused(inner, layer, b"\xc9igz", CorruptObjectError)
    refused(inner, layer, b"\xc9igz and so on", UnsupportedFormatError)


def refused(
    inner: InMemoryBackend, layer: CompressLayer, stored: bytes, kind: type[StorageError]
) -> None:
    inner.put("k", stored)
    for read in reads(layer):
        with pytest.raises(kind):
            read()


@pytest.mark.parametrize(
    "stored",
    [
        COMPRESSED,
        COMPRESSED[:5],
        COMPRESSED + b"no frame at all, but long enough",
        COMPRESSED + frame(b""),
        COMPRESSED + frame(TEXT, write_checksum=False),
        COMPRESSED + frame(TEXT, write_content_size=False),
        COMPRESSED + frame(TEXT) + b"x",
        COMPRESSED + frame(TEXT) + frame(TEXT),
        COMPRESSED + frame(TEXT)[:-1],
        COMPRESSED + frame(TEXT)[:-4],
        COMPRESSED + frame(TEXT)[:-5],
        COMPRESSED + frame(TEXT)[:-1] + b"\0",
        COMPRESSED + frame(TEXT)[:30],
    ],
    ids=range(13),
)
def test_a_damaged_frame_is_a_corrupt_object(
    inner: InMemoryBackend, layer: CompressLayer, stored: bytes
) -> None:
    refused(inner, layer, stored, CorruptObjectError)


@pytest.mark.parametrize("left", [1000, 20_000])
def test_a_frame_of_many_blocks_that_was_cut_does_not_wait_for_the_rest(
    inner: InMemoryBackend, layer: CompressLayer, left: int
) -> None:
    stored = frame(b"".join(b"message %d\n" % number for number in range(100_000)))
    assert len(stored) > 2 * left
    refused(inner, layer, COMPRESSED + stored[:left], CorruptObjectError)


@pytest.mark.parametrize("stored", [b"\xc9igz\x02\x01" + frame(TEXT), b"\xc9igz\x01\x02" + TEXT])
def test_a_newer_envelope_is_an_unsupported_format(
    inner: InMemoryBackend, layer: CompressLayer, stored: bytes
) -> None:
    refused(inner, layer, stored, UnsupportedFormatError)


def resized(data: bytes, size: int) -> bytes:
    """A frame of `data` whose header says another size: one segment, 8 bytes of size."""
    blocks = frame(data)[zstandard.frame_header_size(frame(data)) :]
    return b"\x28\xb5\x2f\xfd" + bytes([0b1110_0100]) + size.to_bytes(8, "little") + blocks


@pytest.mark.parametrize("size", [0, 1, len(TEXT) - 1, len(TEXT) + 1, 10 * 2**30, 2**63])
def test_a_frame_with_a_wrong_size_is_refused_before_memory_is_taken(
    inner: InMemoryBackend, layer: CompressLayer, size: int
) -> None:
    assert zstandard.ZstdDecompressor().decompress(resized(TEXT, len(TEXT))) == TEXT
    stored = COMPRESSED + resized(TEXT, size)
    assert traced_peak_of(lambda: refused(inner, layer, stored, CorruptObjectError)) < 20 * MIB


def test_more_than_a_get_may_hold_is_read_as_a_stream(
    inner: InMemoryBackend, layer: CompressLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compress, "MAX_WHOLE", 2 * MIB)
    data = b"text " * MIB
    layer.upload("k", io.BytesIO(data))
    assert inner.head("k").size < MIB
    get, get_range, stream = reads(layer)
    for read in (get, get_range):
        with pytest.raises(ObjectTooLargeError, match="5242880"):
            read()
    assert stream() == data
    layer.put("k", data)  # what a put has written, a get reads
    assert get() == data


def test_a_frame_that_becomes_very_long_is_read_in_bounded_memory() -> None:
    """A gigabyte of zeros is 32 KB: a block of it is all that is held."""
    stream = zstandard.ZstdCompressor(3, write_checksum=True).compressobj(size=2**28)
    parts = [stream.compress(bytes(MIB)) for _ in range(256)]
    inner = InMemoryBackend()
    inner.put("k", COMPRESSED + b"".join([*parts, stream.flush()]))
    layer = CompressLayer(inner)

    def read() -> None:
        with layer.open_read("k") as reader:
            count = 0
            while data := reader.read(MIB):
                count += len(data)
            assert count == 2**28

    assert traced_peak_of(read) < 40 * MIB


@pytest.mark.slow
def test_an_upload_of_a_gigabyte_needs_little_memory() -> None:
    sink = _Discarded()
    layer = CompressLayer(sink)
    peak = traced_peak_of(lambda: layer.upload("k", cast("BinaryIO", _Long(2**30))))
    assert 0 < sink.taken < 2**30
    assert peak < 40 * MIB


class _Discarded(InMemoryBackend):
    taken = 0

    def upload(self, key: str, stream: BinaryIO, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        while piece := stream.read(4 * MIB):
            self.taken += len(piece)
        return self.put(key, b"", options)


class _Long(io.RawIOBase):
    """So many bytes of text, which nobody has in memory."""

    _TEXT = random.Random(3).randbytes(KIB).hex().encode() * 512

    def __init__(self, size: int) -> None:
        self._size, self._position = size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._position = offset + (self._size if whence == io.SEEK_END else 0)
        return self._position

    def read(self, size: int = -1) -> bytes:
        data = self._TEXT[: min(size, self._size - self._position)]
        self._position += len(data)
        return data


def test_threads_have_codecs_of_their_own(layer: CompressLayer) -> None:
    def work(number: int) -> bool:
        data = TEXT + str(number).encode()
        layer.put(f"k{number}", data)
        return layer.get(f"k{number}").data == data

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(64)))


def test_no_read_of_the_store_is_whole_when_a_stream_is_read(inner: InMemoryBackend) -> None:
    seen: list[GetOptions] = []

    class Watched(InMemoryBackend):
        def get(self, key: str, options: GetOptions = GET_DEFAULTS) -> Blob:
            seen.append(options)
            return super().get(key, options)

    layer = CompressLayer(Watched())
    layer.put("k", TEXT)
    with layer.open_read("k") as reader:
        assert reader.read() == TEXT
    assert all(options.byte_range for options in seen)
