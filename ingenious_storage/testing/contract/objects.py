"""Object contract: the bytes of one blob, its ranges, ETags, times and properties."""
# ruff: noqa: S311  (random bytes that guard nothing)

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from ingenious_storage.backends.base import (
    JSON,
    NO_PROPERTIES,
    Backend,
    BlobInfo,
    GetOptions,
    IfMatch,
    Properties,
    PutOptions,
)
from ingenious_storage.errors import (
    ConflictError,
    NotFoundError,
    NotModifiedError,
)
from ingenious_storage.testing.contract.capabilities import Capabilities, lacks
from ingenious_storage.testing.contract.refusals import refused
from ingenious_storage.testing.oracle import Oracle

MIB = 1024 * 1024


class ObjectContract(Capabilities):
    """Single blobs: what is written and read, and what is known of it."""

    def test_put_then_get(self, backend: Backend, oracle: Oracle) -> None:
        """Bytes come back as they were, and lie so behind the backend."""
        data = bytes(range(256)) * 3
        info = backend.put("a/b", data)
        blob = backend.get("a/b")
        assert (info.key, info.size) == (blob.info.key, blob.info.size) == ("a/b", len(data))
        assert blob.data == data == oracle.read("a/b")

    def test_reads_what_others_wrote(self, backend: Backend, oracle: Oracle) -> None:
        """A blob of another program is a blob, with an ETag to write on."""
        oracle.write("from/outside", b"\x00\r\n\xff")
        blob = backend.get("from/outside")
        assert blob.data == b"\x00\r\n\xff"
        assert backend.head("from/outside") == blob.info
        assert [info.etag for info in backend.list().blobs] == [blob.info.etag]
        backend.put("from/outside", b"ours", PutOptions(condition=IfMatch(blob.info.etag)))
        assert oracle.read("from/outside") == b"ours"

    def test_sees_what_others_changed(self, backend: Backend, oracle: Oracle) -> None:
        """A write of another program changes the ETag."""
        etag = backend.put("k", b"ours").etag
        oracle.write("k", b"theirs")
        assert backend.get("k", GetOptions(if_none_match=etag)).data == b"theirs"
        with refused(ConflictError, "put", "k"):
            backend.put("k", b"ours again", PutOptions(condition=IfMatch(etag)))
        assert oracle.read("k") == b"theirs"

    def test_empty_blob(self, backend: Backend, oracle: Oracle) -> None:
        """No bytes are a blob too."""
        assert backend.put("empty", b"").size == 0
        assert backend.get("empty").data == b"" == oracle.read("empty")
        assert backend.get("empty", GetOptions(byte_range=(0, None))).data == b""
        assert backend.get("empty", GetOptions(byte_range=(0, 10))).data == b""
        if backend.lists_sizes:
            assert [info.size for info in backend.list().blobs] == [0]

    def test_five_mebibytes(self, backend: Backend, oracle: Oracle) -> None:
        """A large blob in one put and one get."""
        data = random.Random(1).randbytes(5 * MIB)
        assert backend.put("large", data).size == len(data)
        assert backend.get("large").data == data
        assert oracle.read("large") == data

    def test_overwrite_longer_and_shorter(self, backend: Backend, oracle: Oracle) -> None:
        """Nothing of the blob before is left."""
        for data in (b"middle", b"much longer", b"s", b""):
            backend.put("k", data)
            assert backend.get("k").data == data == oracle.read("k")
            assert backend.head("k").size == len(data)

    def test_missing_blob(self, backend: Backend) -> None:
        """NotFoundError with operation and key, whatever the options."""
        with refused(NotFoundError, "get", "no/such"):
            backend.get("no/such")
        with refused(NotFoundError, "get", "no/such"):
            backend.get("no/such", GetOptions(byte_range=(0, 1), if_none_match="x"))
        with refused(NotFoundError, "head", "no/such"):
            backend.head("no/such")
        with refused(NotFoundError, "delete", "no/such"):
            backend.delete("no/such")

    def test_etag_is_the_same_from_every_call(self, backend: Backend) -> None:
        """put, upload, get, head and list agree."""
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
        """Also of equal bytes, and in quick succession."""
        etags = [backend.put("k", data).etag for data in (b"a", b"b", b"a", b"a", b"a") * 10]
        if not self.own_etag_for_each_write:
            assert len(set(etags)) == 2
            lacks("an ETag of its own for each write")
        assert len(set(etags)) == len(etags)

    def test_etag_is_not_reused_after_a_delete(self, backend: Backend) -> None:
        """Also of equal bytes."""
        etags = []
        for _ in range(20):
            etags.append(backend.put("k", b"same").etag)
            backend.delete("k")
        if not self.own_etag_for_each_write:
            assert len(set(etags)) == 1
            lacks("an ETag of its own for each write")
        assert len(set(etags)) == len(etags)

    def test_last_modified_has_a_time_zone(self, backend: Backend) -> None:
        """It is an instant, the same from put and head."""
        written = backend.put("k", b"v").last_modified
        assert written.utcoffset() is not None
        assert backend.head("k").last_modified.utcoffset() is not None
        distance = backend.head("k").last_modified.astimezone(UTC) - written.astimezone(UTC)
        # A store may date its answer, and not the write.
        assert abs(distance) < timedelta(seconds=10)

    def test_now_is_the_clock_of_last_modified(self, backend: Backend, oracle: Oracle) -> None:
        """`now` and `last_modified` compare, and asking leaves no blob behind."""
        before = backend.now()
        written = backend.put("k", b"v").last_modified
        assert before.utcoffset() is not None
        # A clock may tell whole seconds only, and a file system some milliseconds less.
        assert abs(before - written) < timedelta(seconds=10)
        assert oracle.keys() == {"k"}

    def test_content_type(self, backend: Backend) -> None:
        """It is kept, by a store that keeps any."""
        if not self.keeps_content_type:
            lacks("content types")
        backend.put("k", b"{}", PutOptions(content_type=JSON))
        assert backend.head("k").content_type == JSON
        assert backend.get("k").info.content_type == JSON

    @pytest.mark.parametrize("metadata", [{}, {"Owner": "Ann", "n": "1"}], ids=["none", "some"])
    def test_properties(self, backend: Backend, metadata: dict[str, str]) -> None:
        """All are kept, by a store that keeps any, until the next write."""
        if not self.keeps_content_type:
            lacks("properties")
        kept = Properties("gzip", "de", 'attachment; filename="a"', "max-age=60", metadata)
        options = PutOptions("text/x-mine", kept)
        backend.put("k", b"1", options)
        backend.upload("large", io.BytesIO(b"2"), options)
        for key in ("k", "large"):
            infos, read = [backend.head(key)], backend.get(key).info
            assert read.content_type == "text/x-mine"
            if self.reads_properties:
                infos.append(read)
            else:
                assert read.properties == NO_PROPERTIES
            listed = backend.list(key, metadata=True).blobs
            if self.lists_properties:
                infos += listed
            else:
                assert [info.properties for info in listed] == [NO_PROPERTIES]
            for info in infos:
                assert info.content_type == "text/x-mine"
                assert self._as_kept(info.properties) == self._as_kept(kept)
        backend.put("k", b"1")
        assert backend.head("k").properties == NO_PROPERTIES

    def _as_kept(self, properties: Properties) -> Properties:
        """Names of metadata in lower case, where the store does not keep theirs."""
        if self.keeps_metadata_case:
            return properties
        metadata = {name.lower(): value for name, value in properties.metadata.items()}
        return replace(properties, metadata=metadata)

    def test_not_modified(self, backend: Backend) -> None:
        """`if_none_match` spares the data of what is still the same write."""
        etag = backend.put("k", b"1").etag
        if not self.conditional_reads:
            assert backend.get("k", GetOptions(if_none_match=etag)).data == b"1"
            lacks("conditions of reads")
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
        """As a slice of the bytes, also beyond the end; the size is that of the whole."""
        data = b"0123456789"
        backend.put("k", data)
        blob = backend.get("k", GetOptions(byte_range=(offset, length)))
        end = None if length is None else offset + length
        assert blob.data == data[offset:end]
        assert blob.info.size == len(data)
