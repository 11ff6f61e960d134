"""What can be configured: the `storage:` and `telemetry:` sections, checked and frozen.

docs/configuration.md describes every key; a test compares it with these models.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from ingenious_storage.config.azure.account import AzureAccount, CredentialKind, resolve_account
from ingenious_storage.config.folder import check_folder
from ingenious_storage.config.section import Seconds, Section, expand_home, words
from ingenious_storage.config.telemetry import TelemetrySettings
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.keys import validate_container

StorageType = Literal["local", "azure_blob", "inmemory"]
Role = Literal["data", "revisions"]
"""What a container is for: memories and files, or prompt sets and labels."""

_LATER: Final = frozenset({"s3", "gcs"})
_HOST_SUFFIX = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?")


class RetrySettings(Section):
    """How a request is tried again; `attempts` counts the first, the others are seconds."""

    attempts: int = Field(default=100, ge=1)
    deadline: Seconds = 60.0
    base: Seconds = 0.1
    cap: Seconds = 2.0


class StorageSettings(Section):
    """Where everything is kept. Times are in seconds, sizes in bytes.

    Made in code it raises pydantic's ValidationError; `load_settings` raises ConfigurationError.
    """

    type: StorageType = "local"
    base_path: Annotated[Path, AfterValidator(check_folder), AfterValidator(expand_home)] = Path(
        "data"
    )
    container_data: str = "ingenious-data"
    container_revisions: str = "ingenious-revisions"
    auto_create_containers: bool = True
    max_document_bytes: int = Field(default=16 * 1024 * 1024, ge=1)
    retention_days: int | None = Field(default=None, ge=0, le=36_500)
    timeout: Seconds = 30.0
    workers: int = Field(default=16, ge=1)
    retry: RetrySettings = RetrySettings()
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

    def azure_account(self) -> AzureAccount:
        """The one account and credential that these settings mean; no I/O.

        Raises: ConfigurationError when something is missing, malformed or contradictory.
        """
        return resolve_account(self)

    def container(self, role: Role) -> str:
        """The name of a container by its role."""
        return self.container_data if role == "data" else self.container_revisions

    @field_validator("type", mode="before")
    @classmethod
    def _check_type(cls, value: object) -> object:
        if value in _LATER:
            raise ConfigurationError(
                f"{value} is not available in this release", hint="Use azure_blob or local."
            )
        return value

    @field_validator("container_data", "container_revisions")
    @classmethod
    def _check_container(cls, value: str) -> str:
        return validate_container(value)

    @model_validator(mode="after")
    def _check_containers_differ(self) -> Self:
        if self.container_data == self.container_revisions:
            raise ConfigurationError(
                "storage.container_data and storage.container_revisions are the same",
                hint="Give each a container of its own: retention rules are set by container.",
            )
        return self

    @field_validator("allowed_endpoint_suffixes")
    @classmethod
    def _check_suffixes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        suffixes = tuple(suffix.lower().removeprefix(".") for suffix in value)
        if not all(map(_HOST_SUFFIX.fullmatch, suffixes)):
            raise ConfigurationError(
                "not the end of a host name", hint="Such as storage.example.org: no URL, no port."
            )
        return suffixes


SECTIONS: Final[Mapping[str, type[Section]]] = {
    "storage": StorageSettings,
    "telemetry": TelemetrySettings,
}


def flatten(section: BaseModel, key: str) -> Iterator[tuple[str, Any]]:
    """Every dotted key of a section with its value, in the order of the model."""
    for name, value in section:
        if isinstance(value, BaseModel):
            yield from flatten(value, f"{key}.{name}")
        else:
            yield f"{key}.{name}", value


KEYS: Final = tuple(
    key for name, section in SECTIONS.items() for key, _ in flatten(section(), name)
)
"""Every dotted key, in the order of the models."""
GROUPS: Final = frozenset(key.rpartition(".")[0] for key in KEYS) - SECTIONS.keys()
"""The keys that hold others: `storage.retry`."""
