"""Storage settings: the `storage:` section with those of the stores in it, checked and frozen.

docs/configuration.md describes every key; a test compares it with the models.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeVar, get_args

from pydantic import (
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticKnownError

from ingenious_storage.config.alias import Alias, in_sections
from ingenious_storage.config.azure.account import AzureAccount, CredentialKind
from ingenious_storage.config.azure.settings import AzureSettings, resolve_account
from ingenious_storage.config.azure.vault import vault_sign_in
from ingenious_storage.config.buckets.gcs import GcsAccount, GcsSettings, resolve_gcs
from ingenious_storage.config.buckets.s3 import S3Account, S3Settings, resolve_s3
from ingenious_storage.config.http import HttpSettings
from ingenious_storage.config.layers import (
    CacheSettings,
    CatalogueSettings,
    CompressionSettings,
    EncryptionSettings,
)
from ingenious_storage.config.section import Seconds, Section, StoreSettings
from ingenious_storage.config.stores.local import InMemorySettings, LocalSettings
from ingenious_storage.config.stores.offered import load_store, misfit, store_names
from ingenious_storage.config.stores.sharded import ShardedSettings, of_shard
from ingenious_storage.config.tables import Table, Ttls
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.keys import validate_container

Role = Literal["data", "revisions"]
"""What a container is for: memories and files, or prompt sets and labels."""
ROLES: Final[tuple[Role, ...]] = get_args(Role)
_SHARED: Final = ("container_data", "container_revisions", "timeout", "http")
"""What each shard has from the storage that it is a part of."""
Kind = TypeVar("Kind", bound=StoreSettings)
_Class = type[Kind]  # `type` is a field below


class RetrySettings(Section):
    """How a request is tried again; `attempts` counts the first, the others are seconds."""

    attempts: int = Field(default=100, ge=1)
    deadline: Seconds = 60.0
    base: Seconds = 0.1
    cap: Seconds = 2.0


class StorageSettings(Section):
    """Where everything is kept. Times are in seconds, sizes in bytes.

    Each store has a section of its own; that of a store of another distribution is an attribute
    too. Made in code it raises pydantic's ValidationError; `load_settings` raises
    ConfigurationError.
    """

    # `_sort` refuses what is no section of a store.
    model_config = ConfigDict(extra="allow", ignored_types=(Alias,))

    type: str = "local"
    local: LocalSettings = LocalSettings()
    container_data: str = "ingenious-data"
    container_revisions: str = "ingenious-revisions"
    auto_create_containers: bool = True
    max_document_bytes: int = Field(default=16 * 1024 * 1024, ge=1)
    retention_days: int | None = Field(default=None, ge=0, le=36_500)
    ttl_days: Ttls = Field(default_factory=Table)
    """After how long without a write `Storage.prune` erases a document; without one never."""
    timeout: Seconds = 30.0
    workers: int | None = Field(default=None, ge=1)
    """None: as many as pay on the store."""
    retry: RetrySettings = RetrySettings()
    http: HttpSettings = HttpSettings()
    compression: CompressionSettings = CompressionSettings()
    encryption: EncryptionSettings = EncryptionSettings()
    cache: CacheSettings = CacheSettings()
    catalogue: CatalogueSettings = CatalogueSettings()
    azure: AzureSettings = AzureSettings()
    s3: S3Settings = S3Settings()
    gcs: GcsSettings = GcsSettings()
    inmemory: InMemorySettings = InMemorySettings()
    sharded: ShardedSettings = ShardedSettings()

    base_path = Alias[Path]("local")
    connection_string = Alias[SecretStr | None]("azure")
    account_name = Alias[str | None]("azure")
    account_key = Alias[SecretStr | None]("azure")
    sas_token = Alias[SecretStr | None]("azure")
    credential = Alias[CredentialKind | None]("azure")
    tenant_id = Alias[str | None]("azure")
    client_id = Alias[str | None]("azure")
    client_secret = Alias[SecretStr | None]("azure")
    endpoint = Alias[str | None]("azure")
    allowed_endpoint_suffixes = Alias[tuple[str, ...]]("azure")
    allow_http = Alias[bool]("azure")

    if TYPE_CHECKING:  # the aliases are arguments too

        def __init__(self, **given: Any) -> None: ...

    @property
    def store_section(self) -> str:
        """The name of the section of the store that `type` chooses: "azure" for azure_blob."""
        return SECTION_OF.get(self.type, self.type)

    @property
    def store(self) -> StoreSettings:
        """The section of the store that `type` chooses."""
        section: StoreSettings = getattr(self, self.store_section)
        return section

    def section(self, kind: _Class[Kind]) -> Kind:
        """The section that is a `kind`: how a store of another distribution finds its own."""
        found: Kind = next(value for _, value in self if isinstance(value, kind))
        return found

    def azure_account(self) -> AzureAccount:
        """The one account and credential that these settings mean; no I/O.

        Raises: ConfigurationError when something is missing, malformed or contradictory.
        """
        return replace(resolve_account(self.azure, timeout=self.timeout), trust=self.http.trust())

    def s3_account(self) -> S3Account:
        """The one service and credential that `storage.s3` means; no I/O.

        Raises: ConfigurationError when something is missing, malformed or contradictory.
        """
        return replace(resolve_s3(self.s3, timeout=self.timeout), trust=self.http.trust())

    def gcs_account(self) -> GcsAccount:
        """The one service and credential that `storage.gcs` means; no I/O.

        Raises: ConfigurationError when something is missing, malformed or contradictory.
        """
        return replace(resolve_gcs(self.gcs, timeout=self.timeout), trust=self.http.trust())

    def shards(self) -> dict[str, StorageSettings]:
        """The settings of each shard of `storage.sharded`, by its name: all else is as here.

        Raises: ConfigurationError for a store that is none, or keys that it does not have.
        """
        return {
            name: self._of_shard(name, shard.given()) for name, shard in self.sharded.shards.items()
        }

    def container(self, role: Role) -> str:
        """The name of a container by its role."""
        return self.container_data if role == "data" else self.container_revisions

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with the values of `update`, which are not checked; aliases may be among them."""
        given = dict(update or {})
        for name in given.keys() & ALIAS_OF.keys():
            section = ALIAS_OF[name]
            inner = given.get(section, getattr(self, section))
            given[section] = inner.model_copy(update={name: given.pop(name)})
        return super().model_copy(update=given, deep=deep)

    @model_validator(mode="before")
    @classmethod
    def _sort(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        tree = in_sections(given, ALIAS_OF)
        kind = tree.get("type")
        with suppress(ConfigurationError):  # the check of the type raises it, at its place
            if isinstance(kind, str) and kind not in SECTION_OF and settings_of(kind):
                tree.setdefault(kind, {})
        others = {name: tree[name] for name in tree.keys() - cls.model_fields.keys()}
        return tree | _of_other_stores(others) if others else tree

    @field_validator("type")
    @classmethod
    def _check_type(cls, value: str) -> str:
        if value in SECTION_OF or settings_of(value) is not None:
            return value
        others = (name for name in store_names() if name not in cls.model_fields)
        *names, last = map(repr, dict.fromkeys((*SECTION_OF, *others)))
        raise PydanticKnownError("literal_error", {"expected": f"{', '.join(names)} or {last}"})

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

    @model_validator(mode="after")
    def _check_shards(self) -> Self:
        self.shards()
        return self

    def _of_shard(self, name: str, given: Mapping[str, Any]) -> StorageSettings:
        shared = {key: getattr(self, key) for key in _SHARED}
        problem: ConfigurationError
        try:
            return StorageSettings(**shared, **given)
        except ValidationError as error:
            problem = of_shard(name, error)
        raise problem  # out here, so that its context does not hold pydantic's error

    @model_validator(mode="after")
    def _check_vault(self) -> Self:
        if self.encryption.key_vault_key_id is not None:
            vault_sign_in(self.azure, self.encryption.key_vault_credential)
        return self


ALIAS_OF: Final[Mapping[str, str]] = {
    name: value.section for name, value in vars(StorageSettings).items() if isinstance(value, Alias)
}
"""The section of each alias of StorageSettings."""
SECTION_OF: Final[Mapping[str, str]] = {
    value.store: name for name, value in StorageSettings() if isinstance(value, StoreSettings)
}
"""The section of each store of this library, by the `storage.type` that chooses it."""


def settings_of(name: str) -> type[StoreSettings] | None:
    """The model of the section of another distribution's store, None without such a store.

    Raises: ConfigurationError when a distribution brings what cannot be used.
    """
    store = load_store(name)
    if store is None:
        return None
    if name in {*StorageSettings.model_fields, *SECTION_OF, *ALIAS_OF}:
        raise misfit(name, "has a name that is taken")
    model = getattr(store, "settings", None)
    if isinstance(model, type) and issubclass(model, StoreSettings):
        return model
    raise misfit(name, "has no `settings` that derive from StoreSettings")


def _of_other_stores(sections: Mapping[str, Any]) -> dict[str, Any]:
    """`sections`, each made by the model of its store; a key that is none is an error."""
    models = {name: settings_of(name) for name in sections}
    fields: Any = {name: (model, ...) for name, model in models.items() if model is not None}
    return dict(create_model("storage", __base__=Section, **fields).model_validate(sections))
