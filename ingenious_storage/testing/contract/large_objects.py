"""Large object contract: uploads and reads in bounded memory."""
# ruff: noqa: S311  (random bytes that guard nothing)

from __future__ import annotations

import io
import random

import pytest

from ingenious_storage.backends.base import (
    Backend,
    IfAbsent,
    IfMatch,
    PutOptions,
)
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    NotFoundError,
)
from ingenious_storage.testing.contract.capabilities import Capabilities
from ingenious_storage.testing.contract.refusals import refused
from ingenious_storage.testing.oracle import Oracle

MIB = 1024 * 1024


class LargeObjectContract(Capabilities):
    """Uploads and reads of streams."""

    def test_upload(self, backend: Backend, oracle: Oracle) -> None:
        """A stream of any length, none included."""
        data = random.Random(2).randbytes(9 * MIB)
        info = backend.upload("big", io.BytesIO(data))
        assert (info.key, info.size) == ("big", len(data))
        assert oracle.read("big") == data
        assert backend.upload("none", io.BytesIO()).size == 0
        assert oracle.read("none") == b""

    def test_upload_starts_where_the_stream_is(self, backend: Backend, oracle: Oracle) -> None:
        """From the stream's position, not from its beginning."""
        stream = io.BytesIO(b"header-body")
        stream.seek(7)
        backend.upload("k", stream)
        assert oracle.read("k") == b"body"

    def test_upload_of_a_pipe(self, backend: Backend, oracle: Oracle) -> None:
        """A stream that knows no size and cannot seek."""
        data = random.Random(3).randbytes(3 * MIB)
        backend.upload("k", io.BufferedReader(_Pipe(data)))
        assert oracle.read("k") == data

    def test_upload_with_conditions(self, backend: Backend, oracle: Oracle) -> None:
        """Conditions hold for uploads as for puts."""
        stale = backend.upload("k", io.BytesIO(b"1"), PutOptions(condition=IfAbsent())).etag
        with refused(AlreadyExistsError, "upload", "k"):
            backend.upload("k", io.BytesIO(b"x"), PutOptions(condition=IfAbsent()))
        backend.upload("k", io.BytesIO(b"2"), PutOptions(condition=IfMatch(stale)))
        with refused(ConflictError, "upload", "k"):
            backend.upload("k", io.BytesIO(b"x"), PutOptions(condition=IfMatch(stale)))
        assert oracle.read("k") == b"2"

    def test_upload_of_a_stream_that_breaks(self, backend: Backend, oracle: Oracle) -> None:
        """The stream's own error is raised, and what was there stays."""
        backend.put("k", b"old")
        for key in ("k", "new"):
            with pytest.raises(ZeroDivisionError):
                backend.upload(key, io.BufferedReader(_Pipe(b"x" * MIB, breaks=True)))
        assert oracle.keys() == {"k"}
        assert oracle.read("k") == b"old"

    def test_open_read(self, backend: Backend) -> None:
        """A reader that seeks and reads any part."""
        data = random.Random(4).randbytes(9 * MIB + 1)
        backend.upload("k", io.BytesIO(data))
        with backend.open_read("k") as reader:
            assert reader.read(10) == data[:10]
            assert reader.seek(-5, io.SEEK_END) == len(data) - 5
            assert reader.read() == data[-5:]
            assert reader.read() == b""
            reader.seek(5 * MIB)
            assert reader.read(MIB) == data[5 * MIB : 6 * MIB]
            reader.seek(0)
            assert reader.read() == data
        with pytest.raises(NotFoundError):
            backend.open_read("missing")

    def test_open_read_of_what_changes(self, backend: Backend) -> None:
        """A reader never mixes two writes: ConflictError."""
        data = b"a" + random.Random(5).randbytes(9 * MIB)
        backend.upload("k", io.BytesIO(data))
        with backend.open_read("k") as reader:
            assert reader.read(1) == b"a"
            backend.upload("k", io.BytesIO(data if self.own_etag_for_each_write else data[::-1]))
            with pytest.raises(ConflictError):
                reader.read()


class _Pipe(io.RawIOBase):
    """Bytes that can be read once, in pieces, without seeking; it may break at the end."""

    def __init__(self, data: bytes, *, breaks: bool = False) -> None:
        self._rest, self._breaks = memoryview(data), breaks

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if self._breaks and not self._rest:
            raise ZeroDivisionError
        count = min(len(buffer), len(self._rest), 60_000)
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
