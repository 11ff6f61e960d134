"""Clients, connections and credentials: shared, closed, made anew after a fork."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from ingenious_storage.backends.azure.credentials import TOKENS
from ingenious_storage.backends.azure.native.account import ACCOUNTS, NativeAccount
from ingenious_storage.backends.azure.native.backend import AzureBlobBackend
from ingenious_storage.backends.azure.sdk.backend import SdkAzureBlobBackend
from ingenious_storage.backends.azure.sdk.clients import CLIENTS
from ingenious_storage.backends.azure.sdk.transport import make_session
from ingenious_storage.config.azure.account import AzureAccount, CredentialKind
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.http.dialing import Dialing
from tests.support.azure import DRIVERS, Driver, account_of, nothing_open
from tests.support.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.servers.azurite import Azurite

AZURE = "https://account.blob.core.windows.net"


@pytest.fixture(autouse=True)
def _nothing_open() -> Iterator[None]:
    with nothing_open():
        yield


def accounts() -> list[Any]:
    """What is open, of either driver."""
    return [value for shared in (ACCOUNTS, CLIENTS) for value, _ in shared.users.values()]


def connections_of(account: Any) -> int:
    if isinstance(account, NativeAccount):
        return len(account.client._kept)
    return len(account._session.adapters["http://"].poolmanager.pools.keys())


def test_making_a_backend_opens_nothing(driver: Driver) -> None:
    driver(AzureAccount("https://nowhere.invalid", "a", CredentialKind.DEFAULT), "c")
    assert accounts() == []
    assert TOKENS.users == {}


def test_one_client_for_an_account(driver: Driver, azurite: Azurite) -> None:
    backends = [driver(account_of(azurite), name) for name in ("one", "two", "three")]
    assert not any(backend.container_exists() for backend in backends)
    assert len(accounts()) == 1
    other = driver(account_of(azurite, timeout=7.0), "one")
    assert not other.container_exists()
    assert len(accounts()) == 2
    for backend in (*backends, other):
        backend.close()


def test_closing_one_leaves_the_other(
    driver: Driver, azurite: Azurite, container_name: str
) -> None:
    first = driver(account_of(azurite), container_name)
    second = driver(account_of(azurite), container_name)
    first.ensure_container()
    second.put("k", b"v")
    (account,) = accounts()
    first.close()
    first.close()
    assert connections_of(account), "the shared connections are open"
    assert second.get("k").data == b"v"
    second.close()
    assert not connections_of(account), "the last user closes them"


def test_a_closed_backend_opens_again(
    driver: Driver, azurite: Azurite, container_name: str
) -> None:
    backend = driver(account_of(azurite), container_name)
    backend.close()
    backend.ensure_container()
    backend.close()
    backend.put("k", b"v")
    assert backend.get("k").data == b"v"
    backend.close()


def test_closing_under_way_breaks_no_call(
    driver: Driver, azurite: Azurite, container_name: str
) -> None:
    backend = driver(account_of(azurite), container_name)
    backend.ensure_container()
    stopped, done = threading.Event(), Counter[int]()

    def work(number: int) -> None:
        while not stopped.is_set():
            backend.put(f"k{number}", b"v")
            done[number] += 1

    def closed_while_all_write() -> bool:
        backend.close()
        return all(done[number] > 5 for number in range(4))

    with ThreadPoolExecutor(4) as pool:
        results = [pool.submit(work, number) for number in range(4)]
        try:
            for _ in range(50):
                closed_while_all_write()
                time.sleep(0.005)
            eventually(closed_while_all_write, within=60, pause=0.005)
        finally:
            stopped.set()
        for result in results:
            result.result(30)
    backend.close()


def test_threads_keep_their_connections(
    azurite: Azurite, container_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    dial = Dialing.connect

    def counted(self: Dialing, *given: Any, **options: Any) -> Any:
        opened.append(None)
        return dial(self, *given, **options)

    monkeypatch.setattr(Dialing, "connect", counted)
    backend = AzureBlobBackend(account_of(azurite), container_name)
    backend.ensure_container()
    with ThreadPoolExecutor(32) as pool:
        list(pool.map(lambda number: backend.put(f"k{number}", b"v"), range(320)))
    assert len(opened) <= 32
    backend.close()


def test_threads_keep_the_connections_of_the_sdk(
    azurite: Azurite, container_name: str, caplog: pytest.LogCaptureFixture
) -> None:
    backend = SdkAzureBlobBackend(account_of(azurite), container_name)
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
from ingenious_storage.backends.azure.native.account import ACCOUNTS
from ingenious_storage.backends.azure.sdk.clients import CLIENTS
from ingenious_storage.config.azure.account import AzureAccount, CredentialKind
from tests.support.azure import DRIVERS

url, name, key, container, driver = sys.argv[1:]
account = AzureAccount(url, name, CredentialKind.ACCOUNT_KEY, account_key=SecretStr(key))
backend = DRIVERS[driver](account, container)
def opened():
    return [value for shared in (ACCOUNTS, CLIENTS) for value, _ in shared.users.values()]
backend.ensure_container()
for number in range(50):
    backend.put(str(number), str(number).encode() * 1000)
parents = opened()
assert len(parents) == 1
for shared in (ACCOUNTS, CLIENTS):
    threading.Thread(target=shared._lock.acquire, daemon=True).start()  # for ever
child = os.fork()
if child == 0:
    assert opened() == []
    assert DRIVERS[driver](account, container).container_exists()
    assert len(opened()) == 1 and opened() != parents
for _ in range(4):
    for number in range(50):
        assert backend.get(str(number)).data == str(number).encode() * 1000
if child == 0:
    backend.close()
    os._exit(0)
assert opened() == parents
assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("name", DRIVERS)
def test_fork(name: str, azurite: Azurite, container_name: str) -> None:
    """Both processes read at the same time, and the parent held the lock when it forked."""
    words = (azurite.account_url, azurite.account_name, azurite.account_key, container_name, name)
    command = [sys.executable, "-W", "ignore", "-c", FORK, *words]
    subprocess.run(command, check=True, timeout=110)


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
    driver: Driver,
    azurite: Azurite,
    container_name: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    backend = driver(account_of(azurite), container_name)
    assert backend.ensure_container()
    backend.close()
