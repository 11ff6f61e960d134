"""Puts the sources on top of each other and checks what comes out."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, SettingsConfigDict

from ingenious_storage.config.faults import check_keys, from_validation, located
from ingenious_storage.config.files import SettingsFile
from ingenious_storage.config.models import (
    KEYS,
    StorageSettings,
)
from ingenious_storage.config.section import expand_home
from ingenious_storage.config.sources import (
    Origin,
    arguments,
    chosen,
    nested,
    read_dotenv,
    variables,
)
from ingenious_storage.config.telemetry import TelemetrySettings
from ingenious_storage.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingenious_storage.config.sources import Layer


_PROFILES: Final = ("profiles.yml", "~/.ingenious/profiles.yml")


@dataclass(frozen=True, slots=True)
class Settings:
    storage: StorageSettings = field(default_factory=StorageSettings)
    telemetry: TelemetrySettings = field(default_factory=TelemetrySettings)
    profile: str | None = None
    """The profile that was asked for."""
    origins: Mapping[str, Origin] = field(default_factory=dict, repr=False, compare=False)
    """Where the value of each dotted key was written."""
    files: tuple[Path, ...] = field(default=(), repr=False, compare=False)
    """The files that were read, the one that decides first; also those that said nothing."""


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
    defaults; docs/configuration.md describes them and every key. For azure_blob the account and
    its credential are checked too. Nothing but these files is read.

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
    given = os.environ if environ is None else environ
    environment = {name: value for name, value in given.items() if value}
    dotenv = read_dotenv(here / ".env", label=Path(".env"))
    known = {**dotenv, **environment}
    profile = chosen(profile, "profile", given, dotenv)
    config = _find(here, chosen(config_path, "config", given, dotenv), "config.yml")
    profiles = _find(here, chosen(profiles_path, "profiles", given, dotenv), *_PROFILES)
    found = [_find(here, None, ".env"), profiles, config]
    merged = _merge(
        profile,
        arguments(overrides or {}),
        variables(environment),
        variables(dotenv, file=Path(".env")),
        _profile(profile, profiles and SettingsFile(*profiles, known)),
        SettingsFile(*config, known).config() if config else {},
    )
    return replace(merged, files=tuple(file[1] for file in found if file))


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
    dotenv = read_dotenv(here / ".env", label=Path(".env"))
    name = chosen(profile, "profile", os.environ, dotenv)
    found = _find(here, chosen(profiles_path, "profiles", os.environ, dotenv), *_PROFILES)
    if found is None:
        return Profiles(None, (), name)
    return Profiles(found[1], tuple(SettingsFile(*found, {}).profile_names()), name)


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
    for layer in layers:
        check_keys(layer)
    origins = {key: setting.origin for layer in reversed(layers) for key, setting in layer.items()}
    problem: ConfigurationError
    try:
        merged = _Sections(layers)
        if merged.storage.type == "azure_blob":
            merged.storage.azure_account()
    except ValidationError as error:
        problem = from_validation(error, origins)
    except ConfigurationError as error:
        problem = located(error, origins)
    else:
        default = Origin("default")
        return Settings(
            merged.storage,
            merged.telemetry,
            profile,
            {key: origins.get(key, default) for key in KEYS},
        )
    raise problem  # out here, so that its context does not hold pydantic's error and the values


def _profile(name: str | None, file: SettingsFile | None) -> Layer:
    if file is not None:
        return file.profile(name)
    if name is None:
        return {}
    raise ConfigurationError(
        f"the profile {name!a} was asked for, but there is no profiles.yml",
        hint="Write one with `ingenious-storage init`, name one with INGENIOUS_PROFILES, or unset "
        "INGENIOUS_PROFILE.",
    )


def _find(here: Path, given: str | None, *usual: str) -> tuple[Path, Path] | None:
    """The file that was given, or the first of the usual ones that exists; and how to show it."""
    for name in [given] if given else usual:
        path = here / expand_home(Path(name))
        if _exists(path):
            return path, path.relative_to(here) if path.is_relative_to(here) else path
    if given:
        raise ConfigurationError(
            f"{given} does not exist", hint="Check --config, --profiles and their variables."
        )
    return None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a home that this user may not enter
        return False
