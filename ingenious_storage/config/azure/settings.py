"""Azure settings: the section `storage.azure:`, and the one account that it means."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Final, Literal, TypeVar

from pydantic import BeforeValidator, SecretStr, field_validator

from ingenious_storage.config.azure.account import (
    AzureAccount,
    CredentialKind,
    fields_of,
    implied_credential,
)
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
from ingenious_storage.config.section import StoreSettings, words
from ingenious_storage.errors import ConfigurationError

Driver = Literal["native", "sdk"]
"""What speaks to the service: this library itself, or azure-storage-blob."""
_T = TypeVar("_T")
_HOST_SUFFIX: Final = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?")
_SIGNERS: Final = frozenset({"account_key", "sas_token"})


class AzureSettings(StoreSettings):
    """`storage.azure:`, one account and how to sign in to it.

    Its errors name the keys by their short names, `storage.account_name` and so on.
    """

    store: ClassVar[str] = "azure_blob"
    reads_environment: ClassVar[bool] = True

    connection_string: SecretStr | None = None
    account_name: str | None = None
    account_key: SecretStr | None = None
    sas_token: SecretStr | None = None
    credential: CredentialKind | None = None
    tenant_id: str | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    endpoint: str | None = None
    allowed_endpoint_suffixes: Annotated[tuple[str, ...], BeforeValidator(words)] = ()
    allow_http: bool = False
    driver: Driver = "native"

    def place(self) -> str:
        """The URL of the account."""
        return resolve_account(self).account_url

    def check(self) -> None:
        """Check that they mean one account and one credential."""
        resolve_account(self)

    @field_validator("allowed_endpoint_suffixes")
    @classmethod
    def _check_suffixes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        suffixes = tuple(suffix.lower().removeprefix(".") for suffix in value)
        if not all(map(_HOST_SUFFIX.fullmatch, suffixes)):
            raise ConfigurationError(
                "not the end of a host name", hint="Such as storage.example.org: no URL, no port."
            )
        return suffixes


def resolve_account(settings: AzureSettings, *, timeout: float = 30.0) -> AzureAccount:
    """Decide which account `settings` mean and how to sign in to it; no I/O.

    An explicit `credential` wins; without it a connection string, then a key, then a SAS, then
    DefaultAzureCredential. What is said twice must agree.
    `timeout` is in seconds, for connecting and for each read of the socket.

    Raises: ConfigurationError naming the keys that are missing, malformed or contradictory.
    """
    parsed = _parsed(settings)
    endpoint = _endpoint(settings, parsed)
    name = _agreed("account_name", settings.account_name, parsed.account_name if parsed else None)
    given = _given(settings, parsed, endpoint)
    kind = settings.credential or implied_credential(given)
    used = fields_of(kind, given)
    if not endpoint.is_encrypted and not _SIGNERS.issuperset(used):
        raise ConfigurationError(
            f"storage.credential {kind} sends a token, and the endpoint uses http",
            hint="Use https, or sign in with a key or a SAS.",
        )
    return AzureAccount(
        account_url=endpoint.url,
        account_name=account_of(endpoint, name, what="storage.account_name"),
        credential=kind,
        timeout=timeout,
        **{key: given[key] for key in used},
    )


def _parsed(settings: AzureSettings) -> ConnectionString | None:
    if settings.connection_string is None:
        return None
    return parse_connection_string(
        settings.connection_string.get_secret_value(),
        settings.allowed_endpoint_suffixes,
        allow_http=settings.allow_http,
    )


def _endpoint(settings: AzureSettings, parsed: ConnectionString | None) -> Endpoint:
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
    settings: AzureSettings, parsed: ConnectionString | None, endpoint: Endpoint
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
