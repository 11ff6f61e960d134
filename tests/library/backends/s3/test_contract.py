from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from ingenious_storage.backends.base import GetOptions, IfAbsent, IfMatch, PutOptions
from ingenious_storage.backends.rest.parts import PART_SIZE
from ingenious_storage.backends.s3.backend import S3Backend
from ingenious_storage.errors import AlreadyExistsError, ConflictError
from ingenious_storage.testing import BackendContract
from tests.library.backends.s3.accounts import account_of
from tests.library.backends.s3.oracle import BotocoreOracle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.servers.s3 import S3Server


class S3Contract(BackendContract):
    """What no S3 can do is said here, and what one server cannot at its class.

    Each gives the fixture `server`.
    """

    lists_properties = False
    keeps_metadata_case = False
    max_key_bytes = 1024
    own_etag_for_each_write = False

    @pytest.fixture
    def backend_without_container(
        self, server: S3Server, container_name: str
    ) -> Iterator[S3Backend]:
        backend = S3Backend(account_of(server), container_name)
        yield backend
        backend.close()

    @pytest.fixture
    def backend(self, backend_without_container: S3Backend) -> S3Backend:
        assert backend_without_container.ensure_container()
        return backend_without_container

    @pytest.fixture
    def oracle(self, server: S3Server, container_name: str) -> BotocoreOracle:
        return BotocoreOracle(server, container_name)

    def test_an_upload_in_parts_is_one_object(
        self, backend: S3Backend, oracle: BotocoreOracle
    ) -> None:
        """With all that is said of it, and an ETag to write on, which is no MD5."""
        data = bytes(range(256)) * (2 * PART_SIZE // 256) + b"rest"
        info = backend.upload("big", io.BytesIO(data), PutOptions("text/x", condition=IfAbsent()))
        assert info.etag.endswith('-3"')
        assert backend.head("big").etag == info.etag
        assert backend.get("big", GetOptions((PART_SIZE - 2, 4))).data == b"\xfe\xff\x00\x01"
        assert oracle.read("big") == data
        with pytest.raises(AlreadyExistsError):
            backend.upload("big", io.BytesIO(data[1:]), PutOptions(condition=IfAbsent()))
        with pytest.raises(ConflictError):
            backend.upload("big", io.BytesIO(data[1:]), PutOptions(condition=IfMatch('"other"')))
        with pytest.raises(ConflictError):
            backend.upload("none", io.BytesIO(data), PutOptions(condition=IfMatch(info.etag)))
        assert oracle.read("big") == data
        assert oracle.uploads() == []
        again = backend.upload(
            "big", io.BytesIO(data[1:]), PutOptions(condition=IfMatch(info.etag))
        )
        assert again.etag not in {info.etag, None}
        assert oracle.read("big") == data[1:]

    def test_a_stream_that_breaks_leaves_no_parts(
        self, backend: S3Backend, oracle: BotocoreOracle
    ) -> None:
        class Breaking(io.BytesIO):
            def read(self, size: int | None = -1) -> bytes:
                if self.tell() >= 2 * PART_SIZE:
                    raise ZeroDivisionError
                return super().read(size)

        with pytest.raises(ZeroDivisionError):
            backend.upload("big", Breaking(bytes(3 * PART_SIZE)))
        assert oracle.uploads() == []
        assert oracle.keys() == set()

    def test_nothing_of_the_look_at_conditions_is_left(
        self, backend: S3Backend, oracle: BotocoreOracle
    ) -> None:
        backend.put("k", b"1", PutOptions(condition=IfAbsent()))
        assert oracle.keys() == {"k"}


class TestVersitygw(S3Contract):
    key_may_be_folder = False
    one_deleter_wins = False
    writes_beside_deletes = False
    etag_of_what_is_read = False

    @pytest.fixture
    def server(self, versitygw: S3Server) -> S3Server:
        return versitygw


@pytest.mark.slow
class TestVersitygwByTls(TestVersitygw):
    """Bodies are not signed, and checked by their MD5."""

    @pytest.fixture
    def server(self, versitygw_tls: S3Server) -> S3Server:
        return versitygw_tls


@pytest.mark.slow
class TestSeaweedFS(S3Contract):
    lists_in_order = False

    @pytest.fixture
    def server(self, seaweedfs: S3Server) -> S3Server:
        return seaweedfs
