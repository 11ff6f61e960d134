"""Which account and credential the settings mean; contradictions are errors, not guesses."""

from __future__ import annotations

from typing import Any

import pytest

from ingenious_storage.config import AzureAccount, CredentialKind, StorageSettings
from ingenious_storage.config.azure.shared_keys import EMULATOR_KEY
from tests.library.config.conftest import Load
from tests.library.config.refusals import ACCOUNT, CANARY, KEY, SAS, STRING, refused

URL = f"https://{ACCOUNT}.blob.core.windows.net"
OTHER_KEY = KEY.swapcase()
SAS_STRING = f"BlobEndpoint={URL};SharedAccessSignature={SAS}"
PRINCIPAL = {"tenant_id": "t", "client_id": "c", "client_secret": CANARY}


def account(**values: Any) -> AzureAccount:
    return StorageSettings(type="azure_blob", **values).azure_account()


def facts(resolved: AzureAccount) -> set[str]:
    """What is set besides the account itself."""
    names = ("account_key", "sas_token", "tenant_id", "client_id", "client_secret")
    return {name for name in names if getattr(resolved, name) is not None}


IMPLIED: list[tuple[dict[str, str], str, set[str]]] = [
    ({"account_name": ACCOUNT}, "default", set()),
    ({"account_name": ACCOUNT, "client_id": "c"}, "default", {"client_id"}),
    ({"endpoint": URL}, "default", set()),
    ({"account_name": ACCOUNT, "sas_token": SAS}, "sas", {"sas_token"}),
    ({"account_name": ACCOUNT, "sas_token": f"?{SAS}\n"}, "sas", {"sas_token"}),
    ({"account_name": ACCOUNT, "account_key": KEY}, "account_key", {"account_key"}),
    ({"endpoint": f"{URL}/", "account_key": f" {KEY}\n"}, "account_key", {"account_key"}),
    (
        {"account_name": ACCOUNT, "sas_token": SAS, "account_key": KEY},
        "account_key",
        {"account_key"},
    ),
    ({"connection_string": STRING}, "connection_string", {"account_key"}),
    ({"connection_string": SAS_STRING}, "connection_string", {"sas_token"}),
    ({"connection_string": SAS_STRING, "account_key": KEY}, "connection_string", {"sas_token"}),
    (
        {
            "connection_string": f"{STRING};SharedAccessSignature=?{SAS}",
            "account_name": ACCOUNT,
            "account_key": KEY,
            "sas_token": SAS,
            "endpoint": URL,
        },
        "connection_string",
        {"account_key"},
    ),
]


@pytest.mark.parametrize(("values", "credential", "used"), IMPLIED)
def test_without_a_credential(values: dict[str, str], credential: str, used: set[str]) -> None:
    resolved = account(**values)
    assert resolved.credential == credential
    assert facts(resolved) == used
    assert (resolved.account_url, resolved.account_name) == (URL, ACCOUNT)
    for secret in (resolved.account_key, resolved.sas_token):
        assert secret is None or secret.get_secret_value() in {KEY, SAS}
    assert resolved == account(**values)
    assert hash(resolved) == hash(account(**values))
    assert CANARY not in repr(resolved)


EXPLICIT: dict[str, set[str]] = {
    "default": {"tenant_id", "client_id"},
    "managed_identity": {"client_id"},
    "workload_identity": {"tenant_id", "client_id"},
    "service_principal": {"tenant_id", "client_id", "client_secret"},
    "azure_cli": {"tenant_id"},
    "connection_string": {"account_key"},
    "account_key": {"account_key"},
    "sas": {"sas_token"},
}


@pytest.mark.parametrize("kind", CredentialKind)
def test_an_explicit_credential_wins_and_only_what_it_uses_is_set(kind: CredentialKind) -> None:
    resolved = account(
        credential=kind, connection_string=STRING, sas_token=SAS, timeout=5, **PRINCIPAL
    )
    assert resolved.credential is kind
    assert facts(resolved) == EXPLICIT[kind]
    assert (resolved.account_url, resolved.timeout) == (URL, 5)


def test_a_key_may_come_out_of_the_connection_string() -> None:
    resolved = account(credential="account_key", connection_string=STRING)
    assert resolved.account_key is not None
    assert resolved.account_key.get_secret_value() == KEY


def test_endpoints_of_one_s_own() -> None:
    china = f"https://{ACCOUNT}.blob.core.chinacloudapi.cn"
    assert account(endpoint=china).account_name == ACCOUNT
    own = {
        "endpoint": "https://blobs.contoso.example",
        "allowed_endpoint_suffixes": ("contoso.example",),
    }
    assert account(account_name=ACCOUNT, **own).account_url == "https://blobs.contoso.example"
    refused(lambda: account(**own), "storage.account_name is missing")
    emulator = "http://127.0.0.1:10000/devstoreaccount1"
    assert account(endpoint=emulator, account_key=EMULATOR_KEY).account_url == emulator


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no account": ({}, "no account is named"),
    "key without account": ({"account_key": KEY}, "no account is named"),
    "other name": (
        {"connection_string": STRING, "account_name": "other"},
        "storage.account_name and storage.connection_string contradict each other",
    ),
    "other key": (
        {"connection_string": STRING, "account_key": OTHER_KEY},
        "storage.account_key and storage.connection_string contradict each other",
    ),
    "other SAS": (
        {"connection_string": SAS_STRING, "sas_token": SAS + "x"},
        "storage.sas_token and storage.connection_string contradict each other",
    ),
    "other endpoint": (
        {"connection_string": STRING, "endpoint": "https://other.blob.core.windows.net"},
        "storage.endpoint and storage.connection_string contradict each other",
    ),
    "name and endpoint differ": (
        {"account_name": ACCOUNT, "endpoint": "https://other.blob.core.windows.net"},
        f"storage.account_name is '{ACCOUNT}', but the endpoint is that of 'other'",
    ),
    "explicit does not hide a contradiction": (
        {"credential": "default", "connection_string": STRING, "account_name": "other"},
        "contradict each other",
    ),
    "capital": ({"account_name": "Contoso"}, "storage.account_name is not the name"),
    "URL as a name": ({"account_name": f"{URL}?{SAS}"}, "storage.account_name is not the name"),
    "bad key": ({"account_name": ACCOUNT, "account_key": CANARY}, "storage.account_key is not"),
    "bad SAS": ({"account_name": ACCOUNT, "sas_token": CANARY}, "storage.sas_token is not"),
    "endpoint with a SAS": ({"endpoint": f"{URL}?{SAS}"}, "storage.endpoint is not the URL"),
    "endpoint of others": ({"endpoint": "https://evil.example"}, "evil.example is not a host"),
    "endpoint by http": ({"endpoint": f"http{URL[5:]}"}, "storage.endpoint uses http"),
    "token by http": (
        {"endpoint": "http://127.0.0.1:10000/devstoreaccount1"},
        "storage.credential default sends a token, and the endpoint uses http",
    ),
    "principal by http": (
        {
            "endpoint": "http://127.0.0.1:10000/devstoreaccount1",
            "credential": "service_principal",
            **PRINCIPAL,
        },
        "storage.credential service_principal sends a token",
    ),
    "no connection string": (
        {"account_name": ACCOUNT, "credential": "connection_string"},
        "storage.credential connection_string needs storage.connection_string",
    ),
    "no key": ({"account_name": ACCOUNT, "credential": "account_key"}, "needs storage.account_key"),
    "no SAS": ({"connection_string": STRING, "credential": "sas"}, "needs storage.sas_token"),
    "half a principal": (
        {"account_name": ACCOUNT, "credential": "service_principal", "client_secret": CANARY},
        "storage.credential service_principal needs storage.tenant_id and storage.client_id",
    ),
    "a secret that nothing uses": (
        {"account_name": ACCOUNT, "client_secret": CANARY},
        "storage.client_secret is set, but nothing says to use it",
    ),
}


@pytest.mark.parametrize(("values", "expected"), REFUSED.values(), ids=REFUSED)
def test_refused(values: dict[str, Any], expected: str) -> None:
    refused(lambda: account(**values), expected)


@pytest.mark.parametrize(("values", "_expected"), REFUSED.values(), ids=REFUSED)
def test_refused_at_load_and_only_for_azure(
    load: Load, values: dict[str, Any], _expected: str
) -> None:
    overrides = {f"storage.{key}": value for key, value in values.items()}
    load(overrides=overrides)
    refused(lambda: load(overrides={**overrides, "storage.type": "azure_blob"}))


def test_a_contradiction_names_both_places(load: Load) -> None:
    refused(
        lambda: load(
            config=f"storage:\n  type: azure_blob\n  account_key: {OTHER_KEY}\n",
            environ={"AZURE_STORAGE_CONNECTION_STRING": STRING},
        ),
        "storage.account_key (config.yml:3) and "
        "storage.connection_string (AZURE_STORAGE_CONNECTION_STRING) contradict each other",
    )
    refused(
        lambda: load(
            config="storage: {type: azure_blob}",
            dotenv="AZURE_STORAGE_CONNECTION_STRING=UseDevelopmentStorage=false",
        ),
        "storage.connection_string (AZURE_STORAGE_CONNECTION_STRING in .env:1) has UseDevelopment",
    )
