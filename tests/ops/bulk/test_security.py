"""What Dask's own settings say of TLS, before a client is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dask import config
from distributed.security import Security

from ingenious_ops.bulk.cluster import connection
from ingenious_ops.bulk.errors import SchedulerError
from tests.support.authority import Authority

COMM = "distributed.comm"


@pytest.fixture(autouse=True)
def _without_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    def client(*_: Any, **__: Any) -> None:
        raise OSError("a client")

    monkeypatch.setattr(connection, "Client", client)


@pytest.mark.parametrize(
    ("settings", "address", "problem"),
    [
        (
            {f"{COMM}.tls.ca-file": "/nowhere/ca.pem", f"{COMM}.tls.client.cert": "/nowhere/c.pem"},
            "tls://127.0.0.1:1",
            "No such file",
        ),
        ({f"{COMM}.tls.min-version": 1.1}, "tcp://127.0.0.1:1", "1.1 is not supported"),
        ({f"{COMM}.require-encryption": True}, "tcp://127.0.0.1:1", "require encryption"),
        ({f"{COMM}.require-encryption": True}, "127.0.0.1:1", "require encryption"),
        ({}, "tls://127.0.0.1:1", "no certificate"),
        ({f"{COMM}.default-scheme": "tls"}, "127.0.0.1:1", "no certificate"),
        ({}, "tcp://127.0.0.1:1", "a client"),
    ],
)
def test_what_cannot_work_is_refused_before_there_is_a_client(
    settings: dict[str, Any], address: str, problem: str
) -> None:
    with config.set(settings), pytest.raises(SchedulerError, match=problem):
        connection.connect(address)


def loaded(_about: dict[str, str]) -> Security:
    return Security()  # type: ignore[no-untyped-call]


def test_a_certificate_that_only_a_loader_has_is_left_to_the_client() -> None:
    loader = {"distributed.client.security-loader": f"{__name__}.loaded"}
    with config.set(loader), pytest.raises(SchedulerError, match="a client"):
        connection.connect("tls://127.0.0.1:1")


def test_with_a_certificate_a_client_is_made(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.client()
    settings = {
        f"{COMM}.require-encryption": True,
        f"{COMM}.tls.ca-file": authority.file,
        f"{COMM}.tls.client.cert": certificate,
        f"{COMM}.tls.client.key": key,
    }
    with config.set(settings), pytest.raises(SchedulerError, match="a client"):
        connection.connect("tls://127.0.0.1:1")
