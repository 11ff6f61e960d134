"""What the Azure backend needs to know of one storage account, resolved and checked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import SecretStr

from ingenious_storage.config.azure.connection_string import (
    ConnectionString,
    parse_connection_string,
)
from ingenious_storage.config.azure.endpoint import (
    Endpoint,
    account_of,
    check_account_name,
    check_endpoint,
)
from ingenious_storage.config.azure.shared_keys import check_key, check_sas, is_emulator_key
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.runtime.unpickled import Value

if TYPE_CHECKING:
    from ingenious_storage.config.models import StorageSettings

_T = TypeVar("_T")


class CredentialKind(StrEnum):
    DEFAULT = "default"
    MANAGED_IDENTITY = "managed_identity"
    WORKLOAD_IDENTITY = "workload_identity"
    SERVICE_PRINCIPAL = "service_principal"
    AZURE_CLI = "azure_cli"
    CONNECTION_STRING = "connection_string"
    ACCOUNT_KEY = "account_key"
    SAS = "sas"


@dataclass(frozen=True, slots=True)
class AzureAccount(Value):
    """One account and how to authenticate to it; hashable, so that clients can be shared by it.

    A connection string is taken apart when it is loaded: here it is an account URL with a key or
    a SAS, and `credential` keeps the name CONNECTION_STRING for what people are shown. Only what
    `credential` uses is set.
    """

    account_url: str
    """`https://NAME.blob.core.windows.net`, or with a path for an emulator; no SAS in it."""
    account_name: str
    credential: CredentialKind
    account_key: SecretStr | None = None
    sas_token: SecretStr | None = None
    """Without the leading `?`."""
    tenant_id: str | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    timeout: float = 30.0
    """Seconds for connecting, and for each read of the socket."""


_NEEDS: Final[dict[CredentialKind, tuple[str, ...]]] = {
    CredentialKind.SERVICE_PRINCIPAL: ("tenant_id", "client_id", "client_secret"),
    CredentialKind.CONNECTION_STRING: ("connection_string",),
    CredentialKind.ACCOUNT_KEY: ("account_key",),
    CredentialKind.SAS: ("sas_token",),
}
_TAKES: Final[dict[CredentialKind, tuple[str, ...]]] = {
    CredentialKind.DEFAULT: ("tenant_id", "client_id"),
    CredentialKind.MANAGED_IDENTITY: ("client_id",),
    CredentialKind.WORKLOAD_IDENTITY: ("tenant_id", "client_id"),
    CredentialKind.AZURE_CLI: ("tenant_id",),
}
_SIGNERS: Final = frozenset({"account_key", "sas_token"})


def resolve_account(settings: StorageSettings) -> AzureAccount:
    """Decide which account `settings` mean and how to sign in to it; no I/O.

    An explicit `credential` wins; without it a connection string, then a key, then a SAS, then
    DefaultAzureCredential. What is said twice must agree.

    Raises: ConfigurationError naming the keys that are missing, malformed or contradictory.
    """
    parsed = _parsed(settings)
    endpoint = _endpoint(settings, parsed)
    name = _agreed("account_name", settings.account_name, parsed.account_name if parsed else None)
    given = _given(settings, parsed, endpoint)
    kind = settings.credential or _implied(given)
    used = _used(kind, given)
    if not endpoint.is_encrypted and not _SIGNERS.issuperset(used):
        raise ConfigurationError(
            f"storage.credential {kind} sends a token, and the endpoint uses http",
            hint="Use https, or sign in with a key or a SAS.",
        )
    return AzureAccount(
        account_url=endpoint.url,
        account_name=account_of(endpoint, name, what="storage.account_name"),
        credential=kind,
        timeout=settings.timeout,
        **{key: given[key] for key in used},
    )


def _parsed(settings: StorageSettings) -> ConnectionString | None:
    if settings.connection_string is None:
        return None
    return parse_connection_string(
        settings.connection_string.get_secret_value(),
        settings.allowed_endpoint_suffixes,
        allow_http=settings.allow_http,
    )


def _endpoint(settings: StorageSettings, parsed: ConnectionString | None) -> Endpoint:
    own = None
    if settings.endpoint is not None:
        own = check_endpoint(
            settings.endpoint,
            what="storage.endpoint",
            allowed_suffixes=settings.allowed_endpoint_suffixes,
            plain_http=settings.allow_http or is_emulator_key(settings.account_key),
        )
    endpoint = _agreed("endpoint", own, parsed.endpoint if parsed else None)
    if endpoint is not None:
        return endpoint
    if settings.account_name is None:
        raise ConfigurationError(
            "storage.type is azure_blob, but no account is named",
            hint="Set AZURE_STORAGE_CONNECTION_STRING, or storage.account_name to sign in by "
            "identity.",
        )
    name = check_account_name(settings.account_name, what="storage.account_name")
    return check_endpoint(f"https://{name}.blob.core.windows.net", what="storage.account_name")


def _given(
    settings: StorageSettings, parsed: ConnectionString | None, endpoint: Endpoint
) -> dict[str, Any]:
    key, sas = settings.account_key, settings.sas_token
    if key is not None:
        key = check_key(key, what="storage.account_key", is_azure=endpoint.is_azure)
    if sas is not None:
        sas = check_sas(sas, what="storage.sas_token")
    return {
        "connection_string": parsed,
        "account_key": _agreed("account_key", key, parsed.account_key if parsed else None),
        "sas_token": _agreed("sas_token", sas, parsed.sas_token if parsed else None),
        "tenant_id": settings.tenant_id,
        "client_id": settings.client_id,
        "client_secret": settings.client_secret,
    }


def _agreed(key: str, own: _T | None, theirs: _T | None) -> _T | None:
    if own is not None and theirs is not None and own != theirs:
        raise ConfigurationError(
            f"storage.{key} and storage.connection_string contradict each other",
            hint="Remove one of them, or make them agree.",
        )
    return own if own is not None else theirs


def _implied(given: dict[str, Any]) -> CredentialKind:
    for key, kind in (
        ("connection_string", CredentialKind.CONNECTION_STRING),
        ("account_key", CredentialKind.ACCOUNT_KEY),
        ("sas_token", CredentialKind.SAS),
    ):
        if given[key] is not None:
            return kind
    if given["client_secret"] is not None:
        raise ConfigurationError(
            "storage.client_secret is set, but nothing says to use it",
            hint="Set storage.credential to service_principal, or remove the secret.",
        )
    return CredentialKind.DEFAULT


def _used(kind: CredentialKind, given: dict[str, Any]) -> tuple[str, ...]:
    """The fields of AzureAccount that a credential is made of."""
    if missing := [f"storage.{key}" for key in _NEEDS.get(kind, ()) if given[key] is None]:
        raise ConfigurationError(
            f"storage.credential {kind} needs {' and '.join(missing)}",
            hint="Set what is missing, or choose another credential.",
        )
    if kind is CredentialKind.CONNECTION_STRING:
        return ("account_key",) if given["connection_string"].account_key else ("sas_token",)
    return _NEEDS.get(kind) or _TAKES[kind]
