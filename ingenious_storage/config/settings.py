"""Settings: the sources on top of each other, checked as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from ingenious_storage.config.api.settings import ApiSettings
from ingenious_storage.config.errors import check_keys, from_validation, located
from ingenious_storage.config.keys import FLAT, flatten
from ingenious_storage.config.models import StorageSettings
from ingenious_storage.config.sources.layers import (
    Origin,
    Setting,
    is_empty,
    nested,
    without_aliases,
    without_blanks,
)
from ingenious_storage.config.telemetry import TelemetrySettings
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.runtime.unpickled import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingenious_storage.config.sources.layers import Layer


@dataclass(frozen=True, slots=True)
class Settings(Value):
    """The whole configuration, checked, with where each value was written."""

    storage: StorageSettings = field(default_factory=StorageSettings)
    telemetry: TelemetrySettings = field(default_factory=TelemetrySettings)
    api: ApiSettings = field(default_factory=ApiSettings)
    profile: str | None = None
    """The profile that was asked for."""
    origins: Mapping[str, Origin] = field(default_factory=dict, repr=False, compare=False)
    """Where the value of each dotted key was written; see `spelling`."""
    files: tuple[Path, ...] = field(default=(), repr=False, compare=False)
    """The files that were read, the one that decides first; also those that said nothing."""
    exported: Mapping[str, Setting] = field(default_factory=dict, repr=False, compare=False)
    """Variables that other libraries read by themselves, such as AZURE_CLIENT_ID, by name."""

    @property
    def uses_environment(self) -> bool:
        """Whether those libraries have anything to do."""
        asks = self.storage.store.reads_environment or self.telemetry.is_on
        return asks or self.api.issuer is not None

    def spelling(self, key: str) -> str:
        """The name in `origins` of a key in a store's section, which may be its flat alias."""
        return key if key in self.origins else FLAT.get(key, key)

    def written(self, key: str) -> str:
        """The key in its spelling and where its value is from: "storage.timeout (config.yml:3)"."""
        name = self.spelling(key)
        return f"{name} ({self.origins.get(name, Origin('default'))})"


class _Sections(BaseModel):
    """The sections that may be there, and nothing else."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    storage: StorageSettings = StorageSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    api: ApiSettings = ApiSettings()


def merge(profile: str | None, *layers: Layer) -> Settings:
    """What the layers say, the first on top, for a profile of this name.

    Raises: ConfigurationError saying the key, where it was written and what is allowed.
    """
    whole = [without_aliases(layer) for layer in layers]
    for layer in whole:
        check_keys(layer)
    said, blank = without_blanks(whole)
    written = {key: setting for layer in reversed(said) for key, setting in layer.items()}
    problem: ConfigurationError
    try:
        merged = _Sections.model_validate(reduce(_below, map(nested, said), nested({})))
        _refuse_blank(blank, merged.storage)
        merged.storage.store.check()
    except ValidationError as error:
        problem = from_validation(error, written)
    except ConfigurationError as error:
        problem = located(error, written)
    else:
        return Settings(
            merged.storage, merged.telemetry, merged.api, profile, _origins(merged, written)
        )
    raise problem  # out here, so that its context does not hold pydantic's error and the values


def _below(upper: dict[str, Any], lower: dict[str, Any]) -> dict[str, Any]:
    """`lower`, with what `upper` says on top of it, section by section."""
    merged = {**lower, **upper}
    for name in upper.keys() & lower.keys():
        if isinstance(upper[name], dict) and isinstance(lower[name], dict):
            merged[name] = _below(upper[name], lower[name])
    return merged


def _refuse_blank(blank: Layer, storage: StorageSettings) -> None:
    """Half a secret, or none where a script meant to give one, must not choose another way in."""
    for key, _ in flatten(storage.store, f"storage.{storage.store_section}"):
        if key in blank:
            raise is_empty(blank[key].origin)


def _origins(merged: _Sections, written: Layer) -> dict[str, Origin]:
    """By the names that were used; what nobody wrote is named as the rest of its section is."""
    default = Setting(None, Origin("default"))
    used = {key.rpartition(".")[0] for key, setting in written.items() if not setting.alias}
    origins = {}
    for key in (key for name, section in merged for key, _ in flatten(section, name)):
        setting = written.get(key, default)
        is_flat = setting.alias or (key not in written and key.rpartition(".")[0] not in used)
        origins[FLAT.get(key, key) if is_flat else key] = setting.origin
    return origins
