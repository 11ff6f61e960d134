"""Transform contract: what layers that change data must do, beside the contract of backends.

A transform's test file is this::

    class TestMyLayer(TransformContract):
        undecodable = b"magic, and then rubbish"

        def layer(self, inner: Backend) -> TransformLayer:
            return MyLayer(inner)

        def encoded(self, key: str, data: bytes) -> bytes: ...  # the format, written a second time

        def decoded(self, key: str, data: bytes) -> bytes: ...

        @pytest.fixture
        def inner(self) -> Backend: ...  # on an empty container

        @pytest.fixture
        def stored(self, inner: Backend) -> Oracle: ...  # sees encoded bytes
"""
# ruff: noqa: S311  (random bytes that guard nothing)

from __future__ import annotations

import io
import random
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, BinaryIO, ClassVar

import pytest

from ingenious_storage.backends.base import (
    GET_DEFAULTS,
    PUT_DEFAULTS,
    READ_CHUNK,
    Backend,
    Blob,
    BlobInfo,
    GetOptions,
    PutOptions,
)
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.errors import (
    CorruptObjectError,
    NotModifiedError,
    StorageError,
    UnavailableError,
)
from ingenious_storage.layers.base import Layer
from ingenious_storage.layers.retry import RetryLayer
from ingenious_storage.layers.transform import TransformLayer
from ingenious_storage.testing.contract.backend import BackendContract
from ingenious_storage.testing.oracle import Oracle, TransformOracle

MIB = 1024 * 1024
NINE_MIB = random.Random(6).randbytes(9 * MIB)


class TransformContract(BackendContract, ABC):
    """Subclass it as this module shows.

    The class attributes, beside those of `BackendContract`: `undecodable`, stored bytes that the
    layer has to call corrupt, None where it can decode all bytes; `refuses_plain`, the error for a
    blob that was not written through it, None where it cannot tell; `keeps_words`, whether parts of
    the data may stand in the stored bytes, as in those of a compression.
    """

    undecodable: ClassVar[bytes | None]
    keeps_words: ClassVar[bool] = False
    refuses_plain: ClassVar[type[StorageError] | None] = CorruptObjectError

    @abstractmethod
    def layer(self, inner: Backend) -> TransformLayer:
        """The layer around `inner`."""

    @abstractmethod
    def encoded(self, key: str, data: bytes) -> bytes:
        """What some other program would store for `data`."""

    @abstractmethod
    def decoded(self, key: str, data: bytes) -> bytes:
        """What some other program reads of stored bytes."""

    @pytest.fixture
    def backend(self, inner: Backend) -> Backend:
        """The layer around `inner`."""
        return self.layer(inner)

    @pytest.fixture
    def inner_without_container(self) -> Any:
        """Optional: a backend for the layer whose container does not exist yet."""
        pytest.skip("no fixture inner_without_container")

    @pytest.fixture
    def backend_without_container(self, inner_without_container: Backend) -> Backend:
        """The layer around a backend whose container does not exist yet."""
        return self.layer(inner_without_container)

    @pytest.fixture
    def oracle(self, stored: Oracle) -> Oracle:
        """Reads and writes behind the layer, decoded."""
        return TransformOracle(stored, self.encoded, self.decoded)

    def test_what_is_stored_is_encoded(self, backend: Backend, stored: Oracle) -> None:
        data = b"Plain text that nobody shall find behind the store. " * 100
        backend.put("put", data)
        backend.upload("upload", io.BytesIO(data))
        for key in ("put", "upload"):
            behind = stored.read(key)
            assert behind is not None
            assert (data if self.keeps_words else data[:20]) not in behind
            assert self.decoded(key, behind) == data

    def test_every_answer_has_the_stores_etag_and_the_decoded_size(
        self, backend: Backend, inner: Backend
    ) -> None:
        data = bytes(range(256)) * 700
        for written in (backend.put("k", data), backend.upload("k", io.BytesIO(data))):
            assert written.size == len(data)
        etag = inner.head("k").etag
        assert written.etag == etag
        whole, part = backend.get("k").info, backend.get("k", GetOptions((3, 5))).info
        head = backend.head("k")
        assert head == whole == part
        assert (head.etag, head.size) == (etag, len(data))
        assert head.last_modified == inner.head("k").last_modified
        [listed] = backend.list().blobs
        below = next(blob for blob in inner.list().blobs if blob.key == "k")
        assert listed.etag == etag
        assert listed.size == (len(data) if self.lists_sizes else below.size)
        for byte_range in (None, (5, 1), (150_000, 1)):
            if not self.conditional_reads:
                continue
            with pytest.raises(NotModifiedError):
                backend.get("k", GetOptions(byte_range, etag))

    def test_ranges(self, backend: Backend) -> None:
        data = random.Random(7).randbytes(2 * MIB + 7)
        backend.put("k", data)
        edges = (0, 1, 65_535, 65_536, 65_537, MIB - 1, MIB, MIB + 1, 2 * MIB, len(data) - 1)
        for offset in (*edges, len(data), len(data) + 1, 3 * MIB):
            for length in (0, 1, 2, 65_536, 65_537, MIB, MIB + 1, None):
                blob = backend.get("k", GetOptions((offset, length)))
                end = None if length is None else offset + length
                assert blob.data == data[offset:end], (offset, length)
                assert blob.info.size == len(data)

    def test_empty_blobs(self, backend: Backend, oracle: Oracle) -> None:
        backend.put("put", b"")
        backend.upload("upload", io.BytesIO())
        for key in ("put", "upload"):
            assert oracle.read(key) == b""
            assert backend.head(key).size == 0
            for byte_range in (None, (0, None), (0, 5), (0, 0), (7, 3)):
                blob = backend.get(key, GetOptions(byte_range))
                assert (blob.data, blob.info.size) == (b"", 0)
            with backend.open_read(key) as reader:
                assert reader.read() == b""

    def test_an_upload_holds_little_in_memory(self) -> None:
        source = io.BytesIO(NINE_MIB)
        sink = _Sink(source)
        assert self.layer(sink).upload("k", source).size == len(NINE_MIB)
        assert self.decoded("k", sink.get("k").data) == NINE_MIB
        assert sink.most_held <= READ_CHUNK

    def test_open_read_never_reads_whole_objects(self) -> None:
        inner = _Ranges(InMemoryBackend())
        backend = self.layer(inner)
        backend.upload("k", io.BytesIO(NINE_MIB))
        with backend.open_read("k") as reader:
            assert reader.read(10) == NINE_MIB[:10]
            assert reader.read() == NINE_MIB[10:]
            once = len(inner.lengths)
            for position in (8 * MIB, 5, 4 * MIB):
                assert reader.seek(position) == position
                assert reader.read(100) == NINE_MIB[position : position + 100]
        assert None not in inner.lengths
        assert max(length for length in inner.lengths if length is not None) <= READ_CHUNK
        assert once <= 4

    def test_an_upload_is_encoded_again_when_it_is_sent_again(self) -> None:
        inner = _FailsOnce()
        stream = io.BytesIO(b"skip" + NINE_MIB)
        stream.seek(4)
        backend = self.layer(RetryLayer(inner, sleep=lambda _: None))
        assert backend.upload("k", stream).size == len(NINE_MIB)
        assert inner.uploads == 2
        assert backend.get("k").data == NINE_MIB

    def test_a_blob_of_others_is_refused(self, backend: Backend, stored: Oracle) -> None:
        if self.refuses_plain is None:
            pytest.skip("takes every blob for its own")
        for data in (b"", b"x", b"written by some other program " * 9000):
            stored.write("k", data)
            with pytest.raises(self.refuses_plain) as caught:
                backend.get("k")
            assert caught.value.key == "k"
            for byte_range in ((0, 1), (200_000, 5), (0, None)):
                with pytest.raises(self.refuses_plain):
                    backend.get("k", GetOptions(byte_range))
            with pytest.raises(self.refuses_plain):
                backend.open_read("k")
            assert [info.key for info in backend.list().blobs] == ["k"]
        backend.put("k", b"ours")
        assert backend.get("k").data == b"ours"

    def test_damage_is_a_corrupt_object(self, backend: Backend, stored: Oracle) -> None:
        if self.undecodable is None:
            pytest.skip("decodes all bytes")
        stored.write("k", self.undecodable)
        reads: tuple[Callable[[], bytes], ...] = (
            lambda: backend.get("k").data,
            lambda: backend.get("k", GetOptions((0, None))).data,
            lambda: backend.open_read("k").read(),
        )
        for read in reads:
            with pytest.raises(CorruptObjectError) as caught:
                read()
            assert caught.value.key == "k"


class _Sink(InMemoryBackend):
    """Takes uploads in small pieces, and notes how much of the source was never handed on."""

    def __init__(self, source: io.BytesIO) -> None:
        super().__init__()
        self._source, self.most_held = source, 0

    def upload(self, key: str, stream: BinaryIO, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        data = bytearray()
        while piece := stream.read(100_000):
            data += piece
            self.most_held = max(self.most_held, self._source.tell() - len(data))
        return self.put(key, bytes(data), options)


class _Ranges(Layer):
    """Notes the length of each read, None for a whole object."""

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self.lengths: list[int | None] = []

    def get(self, key: str, options: GetOptions = GET_DEFAULTS) -> Blob:
        if key == "k":  # a layer may have blobs of its own
            self.lengths.append(options.byte_range[1] if options.byte_range else None)
        return super().get(key, options)


class _FailsOnce(InMemoryBackend):
    """The first upload breaks off in the middle."""

    uploads = 0

    def upload(self, key: str, stream: BinaryIO, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        self.uploads += 1
        if self.uploads == 1:
            stream.read(5 * MIB)
            raise UnavailableError("cut", key=key, operation="upload")
        return super().upload(key, stream, options)
