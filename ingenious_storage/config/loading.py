"""Puts the sources on top of each other and checks what comes out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, SettingsConfigDict

from ingenious_storage.config.errors import check_keys, check_names, from_validation, located
from ingenious_storage.config.keys import FLAT, flatten
from ingenious_storage.config.models import StorageSettings
from ingenious_storage.config.sources.dotenv import is_dotenv
from ingenious_storage.config.sources.exported import export
from ingenious_storage.config.sources.files import SettingsFile
from ingenious_storage.config.sources.layers import (
    Origin,
    Setting,
    arguments,
    in_environment,
    is_empty,
    nested,
    variables,
    without_aliases,
    without_blanks,
)
from ingenious_storage.config.sources.variables import (
    PROFILES,
    find_file,
    read_variables,
)
from ingenious_storage.config.telemetry import TelemetrySettings
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.runtime.unpickled import Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingenious_storage.config.sources.layers import Layer
    from ingenious_storage.config.sources.variables import Named


@dataclass(frozen=True, slots=True)
class Settings(Value):
    """The whole configuration, checked, with where each value was written."""

    storage: StorageSettings = field(default_factory=StorageSettings)
    telemetry: TelemetrySettings = field(default_factory=TelemetrySettings)
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
        return self.storage.store.reads_environment or self.telemetry.is_on

    def spelling(self, key: str) -> str:
        """The name in `origins` of a key in a store's section, which may be its flat alias."""
        return key if key in self.origins else FLAT.get(key, key)

    def written(self, key: str) -> str:
        """The key in its spelling and where its value is from: "storage.timeout (config.yml:3)"."""
        name = self.spelling(key)
        return f"{name} ({self.origins.get(name, Origin('default'))})"


def load_settings(
    profile: str | None = None,
    *,
    config_path: Path | str | None = None,
    profiles_path: Path | str | None = None,
    overrides: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Settings:
    """Read the configuration: for each key the first source that has it decides.

    The sources are `overrides`, the environment, `.env`, the profile, config.yml and the
    defaults; docs/configuration.md describes them and every key. What the chosen store needs is
    checked too, such as an account and its credential. Nothing but these files is read. What `.env`
    says to libraries that read the environment themselves (AZURE_CLIENT_ID, HTTPS_PROXY, ...) is
    put there, where it is not set already, unless `environ` is given.

    Args:
        profile: instead of `INGENIOUS_PROFILE`.
        config_path: instead of `INGENIOUS_CONFIG` and `./config.yml`.
        profiles_path: instead of `INGENIOUS_PROFILES`, `./profiles.yml` and the one at home.
        overrides: dotted keys to values; None is as good as absent.
        environ: instead of the environment of this process.
        cwd: instead of the working directory, to find `.env` and relative paths of files.

    Raises: ConfigurationError saying the key, where it was written and what is allowed; also for a
        `profile`, a path or one of their variables that is empty text.
    """
    here = Path.cwd() if cwd is None else cwd
    known = read_variables(here, environ)
    check_names(known.environment, in_environment)
    check_names(known.dotenv, known.dotenv_origin)
    chosen = known.chosen(profile, "INGENIOUS_PROFILE")
    config = find_file(here, known.chosen(config_path, "INGENIOUS_CONFIG"), "config.yml")
    profiles = find_file(here, known.chosen(profiles_path, "INGENIOUS_PROFILES"), *PROFILES)
    files = [file[1] for file in (profiles, config) if file]
    merged = _merge(
        None if chosen is None else chosen.text,
        arguments(overrides or {}),
        variables(known.environment),
        variables(known.dotenv, known.dotenv_origin),
        _profile(chosen, profiles and SettingsFile(*profiles, known)),
        SettingsFile(*config, known).config() if config else {},
    )
    used = known.exported() if merged.uses_environment else {}
    if environ is None:
        _export(used)
    first = [Path(".env")] if is_dotenv(here / ".env") else []
    return replace(merged, files=(*first, *files), exported=used)


def _export(used: Mapping[str, Setting]) -> None:
    export({name: each.value for name, each in used.items() if each.origin.kind == "dotenv"})


@dataclass(frozen=True, slots=True)
class Profiles:
    """What profiles.yml holds; the profile without a name has none here."""

    file: Path | None
    """None without one; as messages name it."""
    names: tuple[str, ...]
    chosen: str | None
    """What `load_settings` would take, whether it is there or not."""


def find_profiles(
    profile: str | None = None, *, profiles_path: Path | str | None = None
) -> Profiles:
    """The profiles that `load_settings` would choose from, in the order of the file.

    Raises: ConfigurationError when the file cannot be read, or is not there although it is named.
    """
    here = Path.cwd()
    known = read_variables(here)
    named = known.chosen(profile, "INGENIOUS_PROFILE")
    name = None if named is None else named.text
    found = find_file(here, known.chosen(profiles_path, "INGENIOUS_PROFILES"), *PROFILES)
    if found is None:
        return Profiles(None, (), name)
    return Profiles(found[1], tuple(SettingsFile(*found, known).profile_names()), name)


class _Sections(BaseSettings):
    """The layers merged by pydantic-settings, the first on top, and nothing else."""

    model_config = SettingsConfigDict(extra="forbid", hide_input_in_errors=True)

    storage: StorageSettings = StorageSettings()
    telemetry: TelemetrySettings = TelemetrySettings()

    def __init__(self, layers: Sequence[Layer]) -> None:
        super().__init__(layers=layers)

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: Any, *_: Any, **__: Any
    ) -> tuple[InitSettingsSource, ...]:
        layers = init_settings.init_kwargs["layers"]
        return tuple(InitSettingsSource(settings_cls, nested(layer)) for layer in layers)


def _merge(profile: str | None, *layers: Layer) -> Settings:
    whole = [without_aliases(layer) for layer in layers]
    for layer in whole:
        check_keys(layer)
    said, blank = without_blanks(whole)
    written = {key: setting for layer in reversed(said) for key, setting in layer.items()}
    problem: ConfigurationError
    try:
        merged = _Sections(said)
        _refuse_blank(blank, merged.storage)
        merged.storage.store.check()
    except ValidationError as error:
        problem = from_validation(error, written)
    except ConfigurationError as error:
        problem = located(error, written)
    else:
        return Settings(merged.storage, merged.telemetry, profile, _origins(merged, written))
    raise problem  # out here, so that its context does not hold pydantic's error and the values


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


def _profile(chosen: Named | None, file: SettingsFile | None) -> Layer:
    if file is not None:
        return file.profile(chosen)
    if chosen is None:
        return {}
    raise ConfigurationError(
        f"the profile {chosen.text!a}{chosen.by} was asked for, but there is no profiles.yml",
        hint="Write one with `ingenious-storage init`, name one with INGENIOUS_PROFILES, or unset "
        "INGENIOUS_PROFILE.",
    )
