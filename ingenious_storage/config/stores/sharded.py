"""Settings of the store `sharded`: the stores that it is made of, by the names of the shards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from ingenious_storage.config.azure.settings import AzureSettings
from ingenious_storage.config.buckets.gcs import GcsSettings
from ingenious_storage.config.buckets.s3 import S3Settings
from ingenious_storage.config.section import Section, StoreSettings
from ingenious_storage.config.stores.local import InMemorySettings, LocalSettings
from ingenious_storage.config.tables import table
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.keys import is_name


class ShardSettings(Section):
    """One shard: which store, and the section of that store."""

    # The section of a store of another distribution stands under its type.
    model_config = ConfigDict(extra="allow")

    type: str
    local: LocalSettings = LocalSettings()
    azure: AzureSettings = AzureSettings()
    s3: S3Settings = S3Settings()
    gcs: GcsSettings = GcsSettings()
    inmemory: InMemorySettings = InMemorySettings()

    def given(self) -> dict[str, Any]:
        """The keys that were written, as `StorageSettings` takes them."""
        return {name: value for name, value in self if name in self.model_fields_set}

    @property
    def store(self) -> StoreSettings | None:
        """The section that `type` chooses; None for a store of another distribution."""
        sections = (value for _, value in self if isinstance(value, StoreSettings))
        return next((each for each in sections if each.store == self.type), None)

    def __str__(self) -> str:
        place = ""
        with suppress(ConfigurationError):  # the check of the settings raises it
            place = self.store.place() if self.store is not None else ""
        return f"{self.type} {place}".rstrip()

    __repr__ = __str__  # sections of other distributions may hold secrets

    @model_validator(mode="after")
    def _check_keys(self) -> Self:
        if self.type == ShardedSettings.store:
            raise ConfigurationError("a shard is one store, and cannot be sharded itself")
        if self.model_extra and {*self.model_extra} != {self.type}:
            raise ConfigurationError(
                "a shard has a key that does not exist",
                hint="`type`, and the section of that store: `azure: {account_name: ...}`.",
            )
        return self


def _named(shards: Mapping[str, ShardSettings]) -> Mapping[str, ShardSettings]:
    if not all(map(is_name, shards)):
        raise ConfigurationError(
            "the name of a shard cannot be used",
            hint="1 to 50 lower-case letters, digits and hyphens, not starting with a hyphen.",
        )
    return shards


class ShardedSettings(StoreSettings):
    """`storage.sharded:`, whose table `shards` has a store for each name."""

    store: ClassVar[str] = "sharded"
    reads_environment: ClassVar[bool] = True

    shards: Annotated[
        Mapping[str, ShardSettings], BeforeValidator(table), AfterValidator(_named)
    ] = Field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(frozenset(self.shards.items()))

    def place(self) -> str:
        """Each shard with where it lies."""
        return ", ".join(f"{name}={shard}" for name, shard in sorted(self.shards.items()))

    def check(self) -> None:
        """Check each shard, and that no two are one place."""
        if not self.shards:
            raise ConfigurationError(
                "storage.type is sharded, and storage.sharded.shards names no store",
                hint="Such as `shards: {a: {type: azure_blob, azure: {account_name: one}}, ...}`.",
            )
        places = defaultdict[str, list[str]](list)
        for name, shard in self.shards.items():
            place = _checked_place(name, shard)
            if place:
                places[f"{shard.type} {place}"].append(name)
        for names in places.values():
            if len(names) > 1:
                raise ConfigurationError(
                    f"the shards {' and '.join(sorted(names))} of storage.sharded.shards are one "
                    "place",
                    hint="Each shard is an account or a folder of its own.",
                )


def _checked_place(name: str, shard: ShardSettings) -> str:
    if shard.store is None:
        return ""
    try:
        shard.store.check()
        return shard.store.place()
    except ConfigurationError as error:
        raise ConfigurationError(
            f"storage.sharded.shards, {name}: {error.message}", hint=error.hint
        ) from error


def of_shard(name: str, error: ValidationError) -> ConfigurationError:
    """The first problem of a shard's settings, without the value that it found."""
    first = error.errors(include_url=False, include_input=False)[0]
    key = ".".join(part for part in first["loc"] if isinstance(part, str))
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, ConfigurationError):
        return ConfigurationError(f"{name}.{key}: {cause.message}", hint=cause.hint)
    said = first["msg"].replace("Input should", "must")
    return ConfigurationError(f"storage.sharded.shards, {name}.{key}: {said}")
