"""How a process proves who it is: every kind of credential, made once and shared."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
from pydantic import SecretStr

from ingenious_storage.backends.azure import credentials as azure_credentials
from ingenious_storage.backends.azure.credentials import (
    TOKENS,
    SharedToken,
    identity_of,
    make_credential,
)
from ingenious_storage.backends.azure.native.backend import AzureBlobBackend
from ingenious_storage.config.azure.account import AzureAccount, CredentialKind
from ingenious_storage.errors import AuthenticationError, ConfigurationError, UnavailableError
from tests.support.azure import account_of, nothing_open
from tests.support.credentials import FakeCredential

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.servers.azurite import Azurite

AZURE = "https://account.blob.core.windows.net"
TENANT = "00000000-0000-0000-0000-000000000001"
CLIENT = "00000000-0000-0000-0000-000000000002"


def identity(kind: CredentialKind, url: str = AZURE, **values: Any) -> azure_credentials.Identity:
    return identity_of(AzureAccount(url, "account", kind, **values))


@pytest.fixture(autouse=True)
def _nothing_open() -> Iterator[None]:
    with nothing_open():
        yield


def test_credential_of_each_kind(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(tmp_path / "token"))
    ids: dict[str, Any] = {"tenant_id": TENANT, "client_id": CLIENT}
    for kind, values, name in (
        (CredentialKind.DEFAULT, {}, "DefaultAzureCredential"),
        (CredentialKind.DEFAULT, ids, "DefaultAzureCredential"),
        (CredentialKind.MANAGED_IDENTITY, {}, "ManagedIdentityCredential"),
        (CredentialKind.MANAGED_IDENTITY, {"client_id": CLIENT}, "ManagedIdentityCredential"),
        (CredentialKind.WORKLOAD_IDENTITY, ids, "WorkloadIdentityCredential"),
        (
            CredentialKind.SERVICE_PRINCIPAL,
            {**ids, "client_secret": SecretStr("s")},
            "ClientSecretCredential",
        ),
        (CredentialKind.AZURE_CLI, {}, "AzureCliCredential"),
        (CredentialKind.AZURE_CLI, {"tenant_id": TENANT}, "AzureCliCredential"),
    ):
        credential: Any = make_credential(identity(kind, **values))
        assert type(credential).__name__ == name
        credential.close()


@pytest.mark.parametrize(
    "kind",
    [
        CredentialKind.WORKLOAD_IDENTITY,
        CredentialKind.SERVICE_PRINCIPAL,
        CredentialKind.ACCOUNT_KEY,
        CredentialKind.SAS,
    ],
)
def test_credential_without_its_values(kind: CredentialKind) -> None:
    backend = AzureBlobBackend(AzureAccount(AZURE, "account", kind), "container")
    with pytest.raises(ConfigurationError) as caught:
        backend.get("k")
    assert kind.value in str(caught.value)
    assert TOKENS.users == {}


def test_default_credential_of_a_workload(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """The ids of the configuration complete what the cluster puts into the environment."""
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(tmp_path / "token"))
    credential: Any = make_credential(
        identity(CredentialKind.DEFAULT, tenant_id=TENANT, client_id=CLIENT)
    )
    names = {type(one).__name__ for one in credential.credentials}
    assert "WorkloadIdentityCredential" in names
    credential.close()


def test_default_credential_leaves_out_what_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    def names() -> set[str]:
        credential: Any = make_credential(identity(CredentialKind.DEFAULT))
        credential.close()
        return {type(one).__name__ for one in credential.credentials}

    assert names() == {
        "EnvironmentCredential",
        "FailedDACCredential",  # a workload identity, which this environment does not set up
        "ManagedIdentityCredential",
        "AzureCliCredential",
        "AzureDeveloperCliCredential",
    }
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "AzurePowerShellCredential")
    assert names() == {"AzurePowerShellCredential"}
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "nonsense")
    with pytest.raises(ConfigurationError, match="AZURE_TOKEN_CREDENTIALS"):
        names()


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        (AZURE, None),
        ("https://a.blob.core.chinacloudapi.cn", "login.chinacloudapi.cn"),
        ("https://a.blob.core.usgovcloudapi.net", "login.microsoftonline.us"),
        ("http://127.0.0.1:10000/devstoreaccount1", None),
    ],
)
def test_authority_of_the_cloud(url: str, authority: str | None) -> None:
    assert identity(CredentialKind.DEFAULT, url).authority == authority


def test_without_the_azure_cli(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    backend = AzureBlobBackend(AzureAccount(AZURE, "account", CredentialKind.AZURE_CLI), "c")
    with pytest.raises(AuthenticationError, match="Azure CLI"):
        backend.get("k")
    backend.close()


def test_a_credential_is_made_once_and_closed(
    azurite_oauth: Azurite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(azurite_oauth.ca_file))
    made: list[FakeCredential] = []

    def make(_: azure_credentials.Identity) -> FakeCredential:
        made.append(FakeCredential())
        return made[-1]

    monkeypatch.setattr(azure_credentials, "make_credential", make)
    backends = [
        AzureBlobBackend(account_of(azurite_oauth), "one"),
        AzureBlobBackend(account_of(azurite_oauth), "two"),
        AzureBlobBackend(account_of(azurite_oauth, account_name="other"), "one"),
    ]
    for backend in backends:
        assert not backend.container_exists()
    assert len(made) == 1
    assert len(made[0].scopes) == 1, "one token for all of them"
    for backend in backends:
        assert not made[0].closed
        backend.close()
    assert made[0].closed


def test_an_injected_credential_stays_its_owners(
    azurite_oauth: Azurite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(azurite_oauth.ca_file))
    credential = FakeCredential()
    backend = AzureBlobBackend(account_of(azurite_oauth), "ccc", credential=credential)
    assert not backend.container_exists()
    backend.close()
    assert not credential.closed


class _Clerk:
    """A credential that takes its time, as `az` does; `asked` are the options of each time."""

    def __init__(self, lifetime: float = 3600) -> None:
        self.now, self.lifetime, self.asked = 1000.0, lifetime, list[dict[str, Any]]()
        self.fails = False
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.was_asked = threading.Event()

    def get_token(self, *_: str, **options: Any) -> AccessToken:
        self.asked.append(options)
        self.was_asked.set()
        assert self.may_answer.wait(30)
        if self.fails:
            raise ClientAuthenticationError(message="not now")
        return AccessToken(f"token {len(self.asked)}", int(self.now + self.lifetime))

    def token(self) -> SharedToken:
        return SharedToken(self, clock=lambda: self.now)


@pytest.mark.parametrize("lifetime", [3600, 200])
def test_threads_ask_for_one_token(lifetime: float) -> None:
    clerk = _Clerk(lifetime)
    clerk.may_answer.clear()
    token = clerk.token()
    with ThreadPoolExecutor(16) as pool:
        found = [pool.submit(token.get_token, "scope") for _ in range(16)]
        assert clerk.was_asked.wait(30)
        clerk.may_answer.set()
        assert {each.result().token for each in found} == {"token 1"}
    assert len(clerk.asked) == 1
    token.get_token("scope", tenant_id="another")
    assert clerk.asked[1:] == [{"tenant_id": "another"}]


def test_one_renews_ahead_of_time_and_the_others_go_on() -> None:
    clerk = _Clerk()
    token = clerk.token()
    token.get_token("scope")
    clerk.now += 3600 - 299
    clerk.may_answer.clear()
    clerk.was_asked.clear()
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(token.get_token, "scope")
        assert clerk.was_asked.wait(30)
        assert [token.get_token("scope").token for _ in range(9)] == ["token 1"] * 9
        clerk.may_answer.set()
        assert renewing.result().token == "token 2"
    assert token.get_token("scope").token == "token 2"
    assert len(clerk.asked) == 2


def test_a_token_that_still_holds_is_used_when_there_is_no_other() -> None:
    clerk = _Clerk()
    token = clerk.token()
    token.get_token("scope")
    clerk.now, clerk.fails = clerk.now + 3600 - 200, True
    for _ in range(5):
        assert token.get_token("scope").token == "token 1"
    assert len(clerk.asked) == 2, "every request asked again"
    clerk.now += 60
    assert token.get_token("scope").token == "token 1"
    assert len(clerk.asked) == 3
    clerk.now += 139
    with pytest.raises(ClientAuthenticationError):
        token.get_token("scope")


def test_a_token_that_is_refused_is_replaced_once() -> None:
    clerk = _Clerk()
    token = clerk.token()
    first = token.get_token("scope").token
    with ThreadPoolExecutor(8) as pool:
        renewed = [pool.submit(token.renew, first, "scope", claims="{}") for _ in range(8)]
        assert all(each.result() for each in renewed)
    assert clerk.asked == [{}, {"claims": "{}"}]
    assert token.renew("token 2", "scope", tenant_id="theirs")
    clerk.now += 3600
    assert token.get_token("scope").token == "token 4"
    assert clerk.asked[2:] == [{"tenant_id": "theirs"}] * 2, "the tenant is kept, claims are not"


def test_a_missing_token_file_is_no_missing_blob(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(tmp_path / "missing"))
    account = AzureAccount(
        AZURE, "account", CredentialKind.WORKLOAD_IDENTITY, tenant_id=TENANT, client_id=CLIENT
    )
    backend = AzureBlobBackend(account, "container")
    with pytest.raises(AuthenticationError):
        backend.get("k")
    backend.close()


def test_no_way_to_the_token_service(monkeypatch: pytest.MonkeyPatch) -> None:
    class Offline:
        def get_token(self, *_: str, **__: Any) -> AccessToken:
            raise ServiceRequestError("no network")

    account = AzureAccount(AZURE, "account", CredentialKind.DEFAULT)
    backend = AzureBlobBackend(account, "container", credential=Offline())
    with pytest.raises(UnavailableError) as caught:
        backend.put("k", b"v")
    assert caught.value.retryable
    backend.close()
