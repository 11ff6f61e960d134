"""Clients, connections and credentials: shared, closed, made anew after a fork."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from ingenious_storage.backends.azure import clients as azure_clients
from ingenious_storage.backends.azure.backend import AzureBlobBackend
from ingenious_storage.backends.azure.transport import make_session
from ingenious_storage.config.azure.account import AzureAccount, CredentialKind
from ingenious_storage.errors import ConfigurationError
from tests.support.azure import account_of, nothing_open

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.servers.azurite import Azurite

AZURE = "https://account.blob.core.windows.net"


@pytest.fixture(autouse=True)
def _nothing_open() -> Iterator[None]:
    with nothing_open():
        yield


def session_of(backend: AzureBlobBackend) -> Any:
    return azure_clients._process.clients._counted[backend._handle._key][0]._session


def test_making_a_backend_opens_nothing() -> None:
    AzureBlobBackend(AzureAccount("https://nowhere.invalid", "a", CredentialKind.DEFAULT), "c")
    assert azure_clients._process.clients._counted == {}
    assert azure_clients._process.credentials._counted == {}


def test_one_client_for_an_account(azurite: Azurite) -> None:
    backends = [AzureBlobBackend(account_of(azurite), name) for name in ("one", "two", "three")]
    assert not any(backend.container_exists() for backend in backends)
    assert len(azure_clients._process.clients._counted) == 1
    other = AzureBlobBackend(account_of(azurite, timeout=7.0), "one")
    assert not other.container_exists()
    assert len(azure_clients._process.clients._counted) == 2
    for backend in (*backends, other):
        backend.close()


def test_closing_one_leaves_the_other(azurite: Azurite, container_name: str) -> None:
    first = AzureBlobBackend(account_of(azurite), container_name)
    second = AzureBlobBackend(account_of(azurite), container_name)
    first.ensure_container()
    second.put("k", b"v")
    session = session_of(first)
    first.close()
    first.close()
    assert session.adapters["http://"].poolmanager.pools.keys(), "the shared connections are open"
    assert second.get("k").data == b"v"
    second.close()
    assert not session.adapters["http://"].poolmanager.pools.keys(), "the last user closes them"


def test_a_closed_backend_opens_again(azurite: Azurite, container_name: str) -> None:
    backend = AzureBlobBackend(account_of(azurite), container_name)
    backend.close()
    backend.ensure_container()
    backend.close()
    backend.put("k", b"v")
    assert backend.get("k").data == b"v"
    backend.close()


def test_closing_under_way_breaks_no_call(azurite: Azurite, container_name: str) -> None:
    backend = AzureBlobBackend(account_of(azurite), container_name)
    backend.ensure_container()
    stopped = threading.Event()

    def work(number: int) -> int:
        done = 0
        while not stopped.is_set():
            backend.put(f"k{number}", b"v")
            done += 1
        return done

    with ThreadPoolExecutor(4) as pool:
        results = [pool.submit(work, number) for number in range(4)]
        for _ in range(50):
            backend.close()
            time.sleep(0.005)
        stopped.set()
        assert all(result.result() > 0 for result in results)
    backend.close()


def test_threads_keep_their_connections(
    azurite: Azurite, container_name: str, caplog: pytest.LogCaptureFixture
) -> None:
    backend = AzureBlobBackend(account_of(azurite), container_name)
    backend.ensure_container()
    with caplog.at_level(logging.DEBUG, "urllib3.connectionpool"), ThreadPoolExecutor(32) as pool:
        list(pool.map(lambda number: backend.put(f"k{number}", b"v"), range(320)))
    opened = [text for text in caplog.messages if text.startswith("Starting new")]
    assert len(opened) <= 32
    assert not [text for text in caplog.messages if "discarding" in text]
    backend.close()


FORK = """
import os, sys, threading
from pydantic import SecretStr
from ingenious_storage.backends.azure import clients as azure_clients
from ingenious_storage.backends.azure.backend import AzureBlobBackend
from ingenious_storage.config.azure.account import AzureAccount, CredentialKind

url, name, key, container = sys.argv[1:]
account = AzureAccount(url, name, CredentialKind.ACCOUNT_KEY, account_key=SecretStr(key))
backend = AzureBlobBackend(account, container)
backend.ensure_container()
for number in range(50):
    backend.put(str(number), str(number).encode() * 1000)
parents = backend._handle.client()
threading.Thread(target=azure_clients._process.lock.acquire, daemon=True).start()  # for ever
child = os.fork()
if child == 0:
    assert backend._handle.client() is not parents
    assert AzureBlobBackend(account, container).container_exists()
for _ in range(4):
    for number in range(50):
        assert backend.get(str(number)).data == str(number).encode() * 1000
if child == 0:
    backend.close()
    os._exit(0)
assert backend._handle.client() is parents
assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_fork(azurite: Azurite, container_name: str) -> None:
    """Both processes read at the same time, and the parent held the lock when it forked."""
    words = (azurite.account_url, azurite.account_name, azurite.account_key, container_name)
    command = [sys.executable, "-W", "ignore", "-c", FORK, *words]
    subprocess.run(command, check=True, timeout=60)


def test_proxy_and_certificates_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
    (tmp_path / "ca.pem").touch()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    session = make_session(AZURE)
    assert session.proxies == {"https": "http://proxy.invalid:3128"}
    assert session.verify == str(tmp_path / "ca.pem")
    (tmp_path / "ca.pem").unlink()
    with pytest.raises(ConfigurationError, match="no CA file"):
        make_session(AZURE)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    assert session.trust_env is False
    monkeypatch.setenv("NO_PROXY", ".core.windows.net")
    assert make_session(AZURE).proxies == {}


def test_a_netrc_does_not_replace_the_signature(
    azurite: Azurite, container_name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    backend = AzureBlobBackend(account_of(azurite), container_name)
    assert backend.ensure_container()
    backend.close()
