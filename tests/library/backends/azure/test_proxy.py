"""A proxy of the environment that cannot be used is told before any request."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from ingenious_storage.backends.azure.native.account import NativeAccount
from ingenious_storage.backends.azure.sdk import transport as azure_transport
from ingenious_storage.backends.azure.sdk.transport import make_session
from ingenious_storage.config.azure.account import AzureAccount, CredentialKind
from ingenious_storage.errors import ConfigurationError
from tests.library.config.refusals import CANARY

URL = "https://contosoagents.blob.core.windows.net"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("variable", "proxy", "said"),
    [
        ("HTTPS_PROXY", f"socks5://user:{CANARY}@127.0.0.1:1080", "is a SOCKS proxy (socks5)"),
        ("ALL_PROXY", "socks5h://127.0.0.1:1080", "is a SOCKS proxy (socks5h)"),
        ("all_proxy", "SOCKS4://127.0.0.1:1080", "is a SOCKS proxy (SOCKS4)"),
        ("HTTPS_PROXY", f"ftp://user:{CANARY}@127.0.0.1:1", "is not the URL of a proxy"),
        ("HTTPS_PROXY", "http://", "has no host"),
        ("HTTPS_PROXY", "http://127.0.0.1:none", "has no host, or a port"),
    ],
)
def test_it_is_a_clear_error(
    monkeypatch: pytest.MonkeyPatch, variable: str, proxy: str, said: str
) -> None:
    monkeypatch.setattr(azure_transport, "find_spec", lambda _: None)
    monkeypatch.setenv(variable, proxy)
    with pytest.raises(ConfigurationError) as caught:
        make_session(URL)
    assert said in str(caught.value)
    assert "NO_PROXY=contosoagents.blob.core.windows.net" in caught.value.hint
    assert CANARY not in f"{caught.value}{caught.value.hint}"
    monkeypatch.setenv("NO_PROXY", "contosoagents.blob.core.windows.net")
    make_session(URL).close()


@pytest.mark.parametrize(
    "proxy", ["http://proxy.example:3128", "proxy.example:3128", "https://[::1]:1"]
)
def test_one_that_can_be_used_is_taken(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    make_session(URL).close()


def test_socks_works_with_the_package_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(azure_transport, "find_spec", lambda name: name)
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1080")
    make_session(URL).close()


def test_the_native_driver_says_which_driver_speaks_socks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"socks5://user:{CANARY}@127.0.0.1:1080")
    account = AzureAccount(
        URL, "contosoagents", CredentialKind.SAS, sas_token=SecretStr("sv=1&sig=a")
    )
    with pytest.raises(ConfigurationError, match="is a SOCKS proxy") as caught:
        NativeAccount((account, None))
    assert "set storage.azure.driver to sdk" in caught.value.hint
    assert CANARY not in f"{caught.value}{caught.value.hint}"
