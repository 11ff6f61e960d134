"""What the contract does not ask: numbers of requests, large blobs, leases, snapshots."""

from __future__ import annotations

import io
import tracemalloc
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from azure.storage.blob import BlobServiceClient, ContainerClient, ContentSettings

from ingenious_storage.backends.azure.native import backend as native
from ingenious_storage.backends.azure.native.blocks import BLOCK_SIZE
from ingenious_storage.backends.azure.sdk import backend as sdk_driver
from ingenious_storage.backends.azure.sdk.transport import WholeBodyTransport
from ingenious_storage.backends.base import JSON, Backend, GetOptions, IfAbsent, IfMatch, PutOptions
from ingenious_storage.backends.rest.parts import PARTS_AT_ONCE
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConfigurationError,
    ConflictError,
    NotFoundError,
    NotModifiedError,
    StorageError,
)
from ingenious_storage.http.client import Client
from tests.library.backends.azure.test_secrets import sas, with_sas
from tests.support.azure import Driver, account_of
from tests.support.servers import azurite as azurite_server
from tests.support.servers.azurite import run_azurite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.servers.azurite import Azurite

MIB = 1024 * 1024


@pytest.fixture
def backend(driver: Driver, azurite: Azurite, container_name: str) -> Iterator[Backend]:
    backend = driver(account_of(azurite), container_name)
    backend.ensure_container()
    yield backend
    backend.close()


@pytest.fixture
def sdk(azurite: Azurite, container_name: str) -> Iterator[ContainerClient]:
    with ContainerClient(azurite.account_url, container_name, azurite.account_key) as client:
        yield client


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The methods of what either driver sends."""
    sent: list[str] = []
    by_sdk, native_send = WholeBodyTransport.send, Client.send

    def counted(self: WholeBodyTransport, request: Any, **options: Any) -> Any:
        sent.append(request.method)
        return by_sdk(self, request, **options)

    def counted_too(self: Client, method: str, *given: Any, **options: Any) -> Any:
        sent.append(method)
        return native_send(self, method, *given, **options)

    monkeypatch.setattr(WholeBodyTransport, "send", counted)
    monkeypatch.setattr(Client, "send", counted_too)
    return sent


def test_requests_of_each_call(driver: Driver, backend: Backend, requests: list[str]) -> None:
    is_native = driver is native.AzureBlobBackend

    def sent_by(call: Callable[[], object], raises: type[StorageError] | None = None) -> list[str]:
        requests.clear()
        if raises is None:
            call()
        else:
            with pytest.raises(raises):
                call()
        return [*requests]

    etag = backend.put("k", b"value").etag
    backend.put("empty", b"")
    absent, match = IfAbsent(), IfMatch(etag)
    assert sent_by(lambda: backend.get("k")) == ["GET"]
    assert sent_by(lambda: backend.get("k", GetOptions(byte_range=(1, 2)))) == ["GET"]
    assert sent_by(lambda: backend.get("k", GetOptions(if_none_match=etag)), NotModifiedError) == [
        "GET"
    ]
    assert sent_by(lambda: backend.get("none"), NotFoundError) == ["GET"]
    assert sent_by(lambda: backend.get("empty")) == (["GET"] if is_native else ["GET", "HEAD"])
    assert sent_by(lambda: backend.get("k", GetOptions(byte_range=(9, 1)))) == ["GET", "HEAD"]
    assert sent_by(lambda: backend.get("k", GetOptions(byte_range=(2, 0)))) == ["HEAD"]
    assert sent_by(lambda: backend.head("k")) == ["HEAD"]
    assert sent_by(backend.list) == ["GET"]
    assert sent_by(
        lambda: backend.put("k", b"x", PutOptions(condition=absent)), AlreadyExistsError
    ) == ["PUT"]
    assert sent_by(lambda: backend.put("k", b"x", PutOptions(condition=match))) == ["PUT"]
    assert sent_by(lambda: backend.put("k", b"x", PutOptions(condition=match)), ConflictError) == [
        "PUT"
    ]
    assert sent_by(lambda: backend.upload("up", io.BytesIO(b"x"))) == ["PUT", "PUT"]
    assert sent_by(lambda: backend.delete("k", condition=match), ConflictError) == [
        "DELETE",
        "HEAD",
    ]
    assert sent_by(lambda: backend.delete("k")) == ["DELETE"]
    assert sent_by(lambda: backend.delete_many(str(n) for n in range(257))) == (
        ["POST", "DELETE"] if is_native else ["POST", "POST"]
    )
    assert sent_by(backend.ensure_container) == ["PUT"]
    assert sent_by(backend.container_exists) == ["HEAD"]


def test_a_large_get_is_one_request(backend: Backend, requests: list[str]) -> None:
    """More than the SDK's 32 MiB: so no second request can see another blob."""
    data = bytes(range(256)) * (33 * MIB // 256) + b"end"
    backend.put("large", data)
    requests.clear()
    assert backend.get("large").data == data
    assert backend.get("large", GetOptions(byte_range=(1, 33 * MIB))).data == data[1 : 33 * MIB + 1]
    assert requests == ["GET", "GET"]


def test_a_blob_with_an_encoding_is_read_as_stored(backend: Backend, sdk: ContainerClient) -> None:
    settings = ContentSettings(content_type=JSON, content_encoding="gzip")
    sdk.upload_blob("k", b"not gzip at all", content_settings=settings)
    assert backend.get("k").data == b"not gzip at all"


class _Zeros(io.RawIOBase):
    def __init__(self, size: int) -> None:
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = min(len(buffer), self._left, 1_000_003)
        buffer[:count] = bytes(count)
        self._left -= count
        return count


def test_upload_holds_a_few_blocks(backend: Backend, sdk: ContainerClient) -> None:
    size = 8 * BLOCK_SIZE + 1
    tracemalloc.start()
    info = backend.upload("big", io.BufferedReader(_Zeros(size)), PutOptions(content_type=JSON))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert info.size == size
    assert backend.head("big") == info
    assert peak < (PARTS_AT_ONCE + 3) * BLOCK_SIZE
    assert sdk.get_blob_client("big").get_block_list()[1] == []


def test_uploads_of_one_key_do_not_mix(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first to commit wins whole; the other is told that it was overtaken."""
    for module in (native, sdk_driver):
        monkeypatch.setattr(module, "BLOCK_SIZE", 10)

    class Meanwhile(io.BytesIO):
        """In the middle of this one another upload of the key begins and ends."""

        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() == 20:
                backend.upload("k", io.BytesIO(b"second" * 5))
            return super().read(size)

    with pytest.raises(ConflictError) as caught:
        backend.upload("k", Meanwhile(b"first" * 6))
    assert "upload it again" in caught.value.hint
    assert backend.get("k").data == b"second" * 5


def test_delete_many_where_batches_are_refused(
    driver: Driver, azurite: Azurite, container_name: str
) -> None:
    """Azurite answers 500 to a batch that is signed with an account SAS."""
    backend = driver(with_sas(azurite, sas(azurite)), container_name)
    backend.ensure_container()
    for key in ("a", "b"):
        backend.put(key, b"")
    assert backend.delete_many(["a", "missing", "b"]) == dict.fromkeys(["a", "missing", "b"])
    assert backend.list().blobs == ()
    backend.close()


def test_a_key_that_cannot_be_deleted_is_named(backend: Backend, sdk: ContainerClient) -> None:
    for key in ("a", "leased", "z"):
        backend.put(key, b"")
    lease = sdk.get_blob_client("leased").acquire_lease()
    result = dict(backend.delete_many(["a", "leased", "missing", "z"]))
    error = result.pop("leased")
    assert result == dict.fromkeys(["a", "missing", "z"])
    assert isinstance(error, StorageError)
    assert error.key == "leased"
    assert [blob.key for blob in backend.list().blobs] == ["leased"]
    lease.release()


def test_a_leased_blob_is_no_conflict(backend: Backend, sdk: ContainerClient) -> None:
    etag = backend.put("k", b"v").etag
    lease = sdk.get_blob_client("k").acquire_lease()
    for condition in (None, IfMatch(etag)):
        with pytest.raises(StorageError) as caught:
            backend.put("k", b"x", PutOptions(condition=condition))
        assert type(caught.value) is StorageError
        assert "LeaseIdMissing" in str(caught.value)
        assert "lease" in caught.value.hint
    assert backend.get("k").data == b"v"
    lease.release()


def test_another_kind_of_blob(backend: Backend, sdk: ContainerClient) -> None:
    sdk.upload_blob("k", b"line", blob_type="AppendBlob")
    assert backend.get("k").data == b"line"
    with pytest.raises(StorageError):
        backend.upload("k", io.BytesIO(b"x"))


def test_snapshots_are_not_deleted_with_the_blob(backend: Backend, sdk: ContainerClient) -> None:
    backend.put("k", b"v")
    sdk.get_blob_client("k").create_snapshot()
    with pytest.raises(StorageError) as caught:
        backend.delete("k")
    assert "snapshots" in caught.value.hint
    assert isinstance(backend.delete_many(["k"])["k"], StorageError)


def test_a_name_that_no_container_has(driver: Driver, azurite: Azurite) -> None:
    backend = driver(account_of(azurite), "No_Container")
    for call in (backend.ensure_container, backend.container_exists, backend.list):
        with pytest.raises(ConfigurationError):
            call()
    backend.close()


def test_a_limit_above_the_services(backend: Backend) -> None:
    backend.put("k", b"v")
    assert len(backend.list(limit=1_000_000).blobs) == 1


def test_the_container_is_not_listed_to_be_found(
    azurite: Azurite, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(BlobServiceClient, "list_containers", refused)
    assert backend.container_exists()


def test_the_version_is_one_that_an_emulator_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the option that the SDK's newer versions need."""
    command = azurite_server._command

    def strict(*given: Any, **options: Any) -> list[str | Path]:
        return [word for word in command(*given, **options) if word != "--skipApiVersionCheck"]

    monkeypatch.setattr(azurite_server, "_command", strict)
    with (
        run_azurite(tmp_path) as server,
        closing(native.AzureBlobBackend(account_of(server), "strict")) as store,
    ):
        assert store.ensure_container()
        store.put("k", b"v")
        assert store.get("k").data == b"v"
        assert store.delete_many(["k", "l"]) == {"k": None, "l": None}
