"""The contract for single blobs, large blobs and odd keys."""
# ruff: noqa: S311  (random bytes that guard nothing)

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta
from typing import ClassVar

import pytest

from ingenious_storage.backends.base import (
    JSON,
    NO_PROPERTIES,
    Backend,
    BlobInfo,
    GetOptions,
    IfAbsent,
    IfMatch,
    Properties,
    PutOptions,
)
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    InvalidKeyError,
    NotFoundError,
    NotModifiedError,
    StorageError,
)
from ingenious_storage.testing.oracle import Oracle

MIB = 1024 * 1024

ODD_KEYS = (
    "a b/c  d",
    " leading space",
    "100%/%41%2F%",
    "a+b=c@d,e;f",
    "what#is?this&that=1",
    "time:12:30|<a>*\"q\"'q'`",
    "$HOME/!(x)[y]{z}^",
    "emoji/🦊👩🏽‍💻",
    "漢字/かな/한글",
    "café",  # composed, NFC
    "cafe\u0301",  # the same text decomposed, NFD
    "Upper/Lower",
    "upper/lower",
    "UPPER/LOWER",
    "STRASSE",
    "straße",
    ".hidden/.git/config",
    "..x/...y",
    "~tilde/~/~x41",
    "con/nul/com1.txt",
    "CON",
    "aux.tar.gz",
    "-dash/--help",
    "x.tmp",
    "lock",
    "x.lock",
    "\u00a0no-break\u2028",
    "right\u200eto\u200fleft\ufeff",
    "/".join(["s" * 127] * 8),  # 1,023 characters
    "/".join(["s"] * 254),
    "長" * 1024,
    "/".join(["話" * 5] * 170),
    "𝄞" * 300,
)


@contextmanager
def refused(kind: type[StorageError], operation: str, key: str) -> Iterator[None]:
    """What is inside must raise `kind`, and say where it happened."""
    with pytest.raises(kind) as caught:
        yield
    assert caught.value.code == kind.code
    assert caught.value.operation == operation
    assert caught.value.key == key
    assert caught.value.hint


class ObjectContract:
    key_may_be_folder: ClassVar[bool] = True
    keeps_content_type: ClassVar[bool] = True

    def test_put_then_get(self, backend: Backend, oracle: Oracle) -> None:
        data = bytes(range(256)) * 3
        info = backend.put("a/b", data)
        blob = backend.get("a/b")
        assert (info.key, info.size) == (blob.info.key, blob.info.size) == ("a/b", len(data))
        assert blob.data == data == oracle.read("a/b")

    def test_reads_what_others_wrote(self, backend: Backend, oracle: Oracle) -> None:
        oracle.write("from/outside", b"\x00\r\n\xff")
        blob = backend.get("from/outside")
        assert blob.data == b"\x00\r\n\xff"
        assert backend.head("from/outside") == blob.info
        assert [info.etag for info in backend.list().blobs] == [blob.info.etag]
        backend.put("from/outside", b"ours", PutOptions(condition=IfMatch(blob.info.etag)))
        assert oracle.read("from/outside") == b"ours"

    def test_sees_what_others_changed(self, backend: Backend, oracle: Oracle) -> None:
        etag = backend.put("k", b"ours").etag
        oracle.write("k", b"theirs")
        assert backend.get("k", GetOptions(if_none_match=etag)).data == b"theirs"
        with refused(ConflictError, "put", "k"):
            backend.put("k", b"ours again", PutOptions(condition=IfMatch(etag)))
        assert oracle.read("k") == b"theirs"

    def test_empty_blob(self, backend: Backend, oracle: Oracle) -> None:
        assert backend.put("empty", b"").size == 0
        assert backend.get("empty").data == b"" == oracle.read("empty")
        assert backend.get("empty", GetOptions(byte_range=(0, None))).data == b""
        assert backend.get("empty", GetOptions(byte_range=(0, 10))).data == b""
        if backend.lists_sizes:
            assert [info.size for info in backend.list().blobs] == [0]

    def test_five_mebibytes(self, backend: Backend, oracle: Oracle) -> None:
        data = random.Random(1).randbytes(5 * MIB)
        assert backend.put("large", data).size == len(data)
        assert backend.get("large").data == data
        assert oracle.read("large") == data

    def test_overwrite_longer_and_shorter(self, backend: Backend, oracle: Oracle) -> None:
        for data in (b"middle", b"much longer", b"s", b""):
            backend.put("k", data)
            assert backend.get("k").data == data == oracle.read("k")
            assert backend.head("k").size == len(data)

    def test_missing_blob(self, backend: Backend) -> None:
        with refused(NotFoundError, "get", "no/such"):
            backend.get("no/such")
        with refused(NotFoundError, "get", "no/such"):
            backend.get("no/such", GetOptions(byte_range=(0, 1), if_none_match="x"))
        with refused(NotFoundError, "head", "no/such"):
            backend.head("no/such")
        with refused(NotFoundError, "delete", "no/such"):
            backend.delete("no/such")

    def test_etag_is_the_same_from_every_call(self, backend: Backend) -> None:
        writes: tuple[Callable[[], BlobInfo], ...] = (
            lambda: backend.put("k", b"1"),
            lambda: backend.put("k", b"2"),
            lambda: backend.upload("k", io.BytesIO(b"3")),
        )
        for write in writes:
            etag = write().etag
            assert etag
            assert backend.get("k").info.etag == etag
            assert backend.get("k", GetOptions(byte_range=(0, 1))).info.etag == etag
            assert backend.head("k").etag == etag
            assert [info.etag for info in backend.list().blobs] == [etag]

    def test_each_write_has_its_own_etag(self, backend: Backend) -> None:
        etags = [backend.put("k", data).etag for data in (b"a", b"b", b"a", b"a", b"a") * 10]
        assert len(set(etags)) == len(etags)

    def test_etag_is_not_reused_after_a_delete(self, backend: Backend) -> None:
        etags = []
        for _ in range(20):
            etags.append(backend.put("k", b"same").etag)
            backend.delete("k")
        assert len(set(etags)) == len(etags)

    def test_last_modified_has_a_time_zone(self, backend: Backend) -> None:
        written = backend.put("k", b"v").last_modified
        assert written.utcoffset() is not None
        assert backend.head("k").last_modified.utcoffset() is not None
        distance = backend.head("k").last_modified.astimezone(UTC) - written.astimezone(UTC)
        assert abs(distance) < timedelta(seconds=2)

    def test_now_is_the_clock_of_last_modified(self, backend: Backend, oracle: Oracle) -> None:
        before = backend.now()
        written = backend.put("k", b"v").last_modified
        assert before.utcoffset() is not None
        # A clock may tell whole seconds only, and a file system some milliseconds less.
        assert abs(before - written) < timedelta(seconds=10)
        assert oracle.keys() == {"k"}

    def test_content_type(self, backend: Backend) -> None:
        if not self.keeps_content_type:
            pytest.skip("does not keep content types")
        backend.put("k", b"{}", PutOptions(content_type=JSON))
        assert backend.head("k").content_type == JSON
        assert backend.get("k").info.content_type == JSON

    @pytest.mark.parametrize("metadata", [{}, {"Owner": "Ann", "n": "1"}], ids=["none", "some"])
    def test_properties(self, backend: Backend, metadata: dict[str, str]) -> None:
        if not self.keeps_content_type:
            pytest.skip("does not keep properties")
        kept = Properties("gzip", "de", 'attachment; filename="a"', "max-age=60", metadata)
        options = PutOptions("text/x-mine", kept)
        backend.put("k", b"1", options)
        backend.upload("large", io.BytesIO(b"2"), options)
        for key in ("k", "large"):
            for info in (
                backend.head(key),
                backend.get(key).info,
                *backend.list(key, metadata=True).blobs,
            ):
                assert (info.content_type, info.properties) == ("text/x-mine", kept)
        backend.put("k", b"1")
        assert backend.head("k").properties == NO_PROPERTIES

    def test_not_modified(self, backend: Backend) -> None:
        etag = backend.put("k", b"1").etag
        with refused(NotModifiedError, "get", "k"):
            backend.get("k", GetOptions(if_none_match=etag))
        backend.put("k", b"2")
        assert backend.get("k", GetOptions(if_none_match=etag)).data == b"2"

    @pytest.mark.parametrize(
        ("offset", "length"),
        [(0, 3), (4, 3), (9, 1), (0, 10), (0, None), (5, None), (8, 100), (10, 1), (10, None),
         (99, 5), (99, None), (0, 0), (5, 0)],
    )  # fmt: skip
    def test_byte_range(self, backend: Backend, offset: int, length: int | None) -> None:
        data = b"0123456789"
        backend.put("k", data)
        blob = backend.get("k", GetOptions(byte_range=(offset, length)))
        end = None if length is None else offset + length
        assert blob.data == data[offset:end]
        assert blob.info.size == len(data)

    def test_if_absent(self, backend: Backend, oracle: Oracle) -> None:
        backend.put("k", b"first", PutOptions(condition=IfAbsent()))
        with refused(AlreadyExistsError, "put", "k"):
            backend.put("k", b"second", PutOptions(condition=IfAbsent()))
        assert oracle.read("k") == b"first"
        backend.delete("k")
        backend.put("k", b"third", PutOptions(condition=IfAbsent()))
        assert oracle.read("k") == b"third"

    def test_if_match(self, backend: Backend, oracle: Oracle) -> None:
        stale = backend.put("k", b"1").etag
        etag = backend.put("k", b"2", PutOptions(condition=IfMatch(stale))).etag
        with refused(ConflictError, "put", "k"):
            backend.put("k", b"3", PutOptions(condition=IfMatch(stale)))
        assert oracle.read("k") == b"2"
        backend.put("k", b"3", PutOptions(condition=IfMatch(etag)))
        assert oracle.read("k") == b"3"

    def test_if_match_on_what_is_not_there(self, backend: Backend, oracle: Oracle) -> None:
        etag = backend.put("k", b"1").etag
        backend.delete("k")
        with refused(ConflictError, "put", "k"):
            backend.put("k", b"2", PutOptions(condition=IfMatch(etag)))
        assert oracle.read("k") is None

    def test_if_match_on_what_was_made_again(self, backend: Backend, oracle: Oracle) -> None:
        etag = backend.put("k", b"same").etag
        backend.delete("k")
        backend.put("k", b"same")
        with refused(ConflictError, "put", "k"):
            backend.put("k", b"2", PutOptions(condition=IfMatch(etag)))
        assert oracle.read("k") == b"same"

    def test_delete(self, backend: Backend, oracle: Oracle) -> None:
        backend.put("k", b"1")
        backend.put("k2", b"2")
        backend.delete("k")
        assert oracle.keys() == {"k2"}
        with refused(NotFoundError, "delete", "k"):
            backend.delete("k")

    def test_delete_if_match(self, backend: Backend, oracle: Oracle) -> None:
        stale = backend.put("k", b"1").etag
        etag = backend.put("k", b"1").etag
        with refused(ConflictError, "delete", "k"):
            backend.delete("k", condition=IfMatch(stale))
        assert oracle.read("k") == b"1"
        backend.delete("k", condition=IfMatch(etag))
        assert oracle.keys() == set()
        with refused(NotFoundError, "delete", "k"):
            backend.delete("k", condition=IfMatch(etag))

    def test_delete_many(self, backend: Backend, oracle: Oracle) -> None:
        kept = {f"kept/{number}" for number in range(3)}
        doomed = [f"doomed/{number}" for number in range(270)]  # Azure's batches hold 256
        for key in (*kept, *doomed):
            backend.put(key, b"")
        result = backend.delete_many(key for key in (*doomed, "missing", "missing/too"))
        assert result == dict.fromkeys((*doomed, "missing", "missing/too"))
        assert oracle.keys() == kept
        assert backend.delete_many([]) == {}

    def test_key_as_folder(self, backend: Backend, oracle: Oracle) -> None:
        backend.put("a", b"blob")
        backend.put("f/x", b"inside")
        if self.key_may_be_folder:
            backend.put("a/b", b"below a blob")
            backend.put("f", b"above")
            assert oracle.keys() == {"a", "a/b", "f", "f/x"}
            return
        with refused(InvalidKeyError, "put", "a/b"):
            backend.put("a/b", b"below a blob")
        with refused(InvalidKeyError, "put", "f"):
            backend.put("f", b"above")
        with refused(NotFoundError, "get", "f"):
            backend.get("f")
        with refused(NotFoundError, "get", "a/b"):
            backend.get("a/b")
        assert oracle.keys() == {"a", "f/x"}

    def test_folder_is_gone_with_its_last_blob(self, backend: Backend, oracle: Oracle) -> None:
        backend.put("a/b/c", b"1")
        backend.delete("a/b/c")
        backend.put("a", b"2")
        assert backend.list().prefixes == ()
        assert oracle.keys() == {"a"}


class LargeObjectContract:
    def test_upload(self, backend: Backend, oracle: Oracle) -> None:
        data = random.Random(2).randbytes(9 * MIB)
        info = backend.upload("big", io.BytesIO(data))
        assert (info.key, info.size) == ("big", len(data))
        assert oracle.read("big") == data
        assert backend.upload("none", io.BytesIO()).size == 0
        assert oracle.read("none") == b""

    def test_upload_starts_where_the_stream_is(self, backend: Backend, oracle: Oracle) -> None:
        stream = io.BytesIO(b"header-body")
        stream.seek(7)
        backend.upload("k", stream)
        assert oracle.read("k") == b"body"

    def test_upload_of_a_pipe(self, backend: Backend, oracle: Oracle) -> None:
        data = random.Random(3).randbytes(3 * MIB)
        backend.upload("k", io.BufferedReader(_Pipe(data)))
        assert oracle.read("k") == data

    def test_upload_with_conditions(self, backend: Backend, oracle: Oracle) -> None:
        stale = backend.upload("k", io.BytesIO(b"1"), PutOptions(condition=IfAbsent())).etag
        with refused(AlreadyExistsError, "upload", "k"):
            backend.upload("k", io.BytesIO(b"x"), PutOptions(condition=IfAbsent()))
        backend.upload("k", io.BytesIO(b"2"), PutOptions(condition=IfMatch(stale)))
        with refused(ConflictError, "upload", "k"):
            backend.upload("k", io.BytesIO(b"x"), PutOptions(condition=IfMatch(stale)))
        assert oracle.read("k") == b"2"

    def test_upload_of_a_stream_that_breaks(self, backend: Backend, oracle: Oracle) -> None:
        backend.put("k", b"old")
        for key in ("k", "new"):
            with pytest.raises(ZeroDivisionError):
                backend.upload(key, io.BufferedReader(_Pipe(b"x" * MIB, breaks=True)))
        assert oracle.keys() == {"k"}
        assert oracle.read("k") == b"old"

    def test_open_read(self, backend: Backend) -> None:
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
        data = b"a" + random.Random(5).randbytes(9 * MIB)
        backend.upload("k", io.BytesIO(data))
        with backend.open_read("k") as reader:
            assert reader.read(1) == b"a"
            backend.upload("k", io.BytesIO(data))
            with pytest.raises(ConflictError):
                reader.read()


class KeyContract:
    odd_keys: ClassVar[tuple[str, ...]] = ODD_KEYS

    @pytest.mark.parametrize("key", ODD_KEYS, ids=lambda key: ascii(key)[1:31])
    def test_odd_key(self, backend: Backend, oracle: Oracle, key: str) -> None:
        if key not in self.odd_keys:
            pytest.skip("a documented difference")
        data = key.encode()
        info = backend.put(key, data)
        assert info.key == key
        assert backend.get(key).data == data == oracle.read(key)
        assert backend.head(key) == backend.get(key).info
        assert [blob.key for blob in backend.list().blobs] == [key]
        assert [blob.key for blob in backend.list(key).blobs] == [key]
        assert oracle.keys() == {key}
        backend.delete(key)
        assert oracle.keys() == set()
        oracle.write(key, b"theirs")
        assert backend.get(key).data == b"theirs"

    def test_odd_keys_stay_distinct(self, backend: Backend, oracle: Oracle) -> None:
        for key in self.odd_keys:
            backend.put(key, key.encode(), PutOptions(condition=IfAbsent()))
        for key in self.odd_keys:
            assert backend.get(key).data.decode() == key
        assert {blob.key for blob in backend.iterate()} == set(self.odd_keys) == oracle.keys()
        assert backend.delete_many(self.odd_keys) == dict.fromkeys(self.odd_keys)
        assert oracle.keys() == set()


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
