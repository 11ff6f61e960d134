"""Azure account: what the backend needs to know of one, resolved and checked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from pydantic import SecretStr

from ingenious_storage.errors import ConfigurationError
from ingenious_storage.http.trust import BY_ENVIRONMENT, Trust
from ingenious_storage.runtime.unpickled import Value


class CredentialKind(StrEnum):
    """How to sign in to an account; docs/configuration.md explains each."""

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
    trust: Trust = BY_ENVIRONMENT
    """By `storage.http`."""


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


def implied_credential(given: dict[str, Any]) -> CredentialKind:
    """What the keys mean that are not None, when no credential is named.

    Raises: ConfigurationError for a secret that nothing says to use.
    """
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


def fields_of(kind: CredentialKind, given: dict[str, Any]) -> tuple[str, ...]:
    """The fields of AzureAccount that a credential is made of.

    Raises: ConfigurationError when one of them is None.
    """
    if missing := [f"storage.{key}" for key in _NEEDS.get(kind, ()) if given[key] is None]:
        raise ConfigurationError(
            f"storage.credential {kind} needs {' and '.join(missing)}",
            hint="Set what is missing, or choose another credential.",
        )
    if kind is CredentialKind.CONNECTION_STRING:
        return ("account_key",) if given["connection_string"].account_key else ("sas_token",)
    return _NEEDS.get(kind) or _TAKES[kind]
