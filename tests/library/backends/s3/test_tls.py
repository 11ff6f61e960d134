"""S3 by TLS, where bodies are not signed."""

from __future__ import annotations

import io
from hashlib import md5
from typing import TYPE_CHECKING

import pytest

from ingenious_storage.backends.base import IfAbsent, PutOptions
from ingenious_storage.backends.rest.parts import PART_SIZE
from ingenious_storage.backends.s3 import service
from ingenious_storage.backends.s3.backend import S3Backend
from ingenious_storage.errors import UnavailableError
from tests.library.backends.s3.accounts import account_of
from tests.library.backends.s3.oracle import BotocoreOracle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.servers.s3 import S3Server


@pytest.fixture
def backend(versitygw_tls: S3Server, container_name: str) -> Iterator[S3Backend]:
    backend = S3Backend(account_of(versitygw_tls), container_name)
    assert backend.ensure_container()
    yield backend
    backend.close()


def test_every_call(backend: S3Backend, versitygw_tls: S3Server, container_name: str) -> None:
    oracle = BotocoreOracle(versitygw_tls, container_name)
    backend.put("a", b"1", PutOptions(condition=IfAbsent()))
    backend.put("empty", b"")
    large = bytes(PART_SIZE) + b"2"
    backend.upload("b", io.BytesIO(large))
    assert oracle.read("b") == large == backend.get("b").data
    assert [info.key for info in backend.list().blobs] == ["a", "b", "empty"]
    backend.delete("a")
    assert backend.delete_many(["b", "empty", "c"]) == dict.fromkeys(["b", "empty", "c"])
    assert oracle.keys() == set()


def test_a_body_that_arrives_otherwise_is_not_written(
    backend: S3Backend,
    versitygw_tls: S3Server,
    container_name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is between here and the service may end TLS, and damage what it passes on."""
    monkeypatch.setattr(service, "md5", lambda body, **options: md5(body + b"!", **options))
    writes: tuple[Callable[[], object], ...] = (
        lambda: backend.put("k", b"data"),
        lambda: backend.upload("k", io.BytesIO(bytes(PART_SIZE + 1))),
    )
    for write in writes:
        with pytest.raises(UnavailableError) as caught:
            write()
        assert caught.value.service_code in {"BadDigest", "InvalidDigest"}
        assert caught.value.retryable
        assert not caught.value.outcome_unknown
    assert BotocoreOracle(versitygw_tls, container_name).keys() == set()
