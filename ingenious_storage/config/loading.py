"""Loading: the sources of one run, from the arguments down to config.yml, made into settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ingenious_storage.config.errors import check_names
from ingenious_storage.config.settings import Settings, merge
from ingenious_storage.config.sources.dotenv import is_dotenv
from ingenious_storage.config.sources.exported import export
from ingenious_storage.config.sources.files import SettingsFile
from ingenious_storage.config.sources.layers import (
    arguments,
    emulators,
    in_environment,
    variables,
)
from ingenious_storage.config.sources.variables import (
    PROFILES,
    find_file,
    read_variables,
)
from ingenious_storage.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingenious_storage.config.sources.layers import Layer
    from ingenious_storage.config.sources.variables import Named, Variables

_OWN: Final = "INGENIOUS_STORAGE_PROFILE"
"""Goes before `INGENIOUS_PROFILE`, which the Ingenious framework reads too, for any name at all."""
_NO_PROFILE: Final = "none"


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
        profile: instead of `INGENIOUS_STORAGE_PROFILE` ("none": no profile) and
            `INGENIOUS_PROFILE`.
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
    chosen = _chosen(known, profile)
    config = find_file(here, known.chosen(config_path, "INGENIOUS_CONFIG"), "config.yml")
    profiles = find_file(here, known.chosen(profiles_path, "INGENIOUS_PROFILES"), *PROFILES)
    files = [file[1] for file in (profiles, config) if file]
    merged = merge(
        None if chosen is None else chosen.text,
        arguments(overrides or {}),
        variables(known.environment),
        variables(known.dotenv, known.dotenv_origin),
        _profile(chosen, profiles and SettingsFile(*profiles, known)),
        SettingsFile(*config, known).config() if config else {},
        emulators(known.environment),
        emulators(known.dotenv, known.dotenv_origin),
    )
    used = known.exported() if merged.uses_environment else {}
    if environ is None:
        export(used)
    first = [Path(".env")] if is_dotenv(here / ".env") else []
    return replace(merged, files=(*first, *files), exported=used)


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
    named = _chosen(known, profile)
    name = None if named is None else named.text
    found = find_file(here, known.chosen(profiles_path, "INGENIOUS_PROFILES"), *PROFILES)
    if found is None:
        return Profiles(None, (), name)
    return Profiles(found[1], tuple(SettingsFile(*found, known).profile_names()), name)


def _chosen(known: Variables, profile: str | None) -> Named | None:
    own = known.chosen(None, _OWN) if profile is None else None
    if own is None:
        return known.chosen(profile, "INGENIOUS_PROFILE")
    return None if own.text == _NO_PROFILE else own


def _profile(chosen: Named | None, file: SettingsFile | None) -> Layer:
    if file is not None:
        return file.profile(chosen)
    if chosen is None:
        return {}
    raise ConfigurationError(
        f"the profile {chosen.text!a}{chosen.by} was asked for, but there is no profiles.yml",
        hint="Write one with `ingenious-storage init`, name one with INGENIOUS_PROFILES, or set "
        "INGENIOUS_STORAGE_PROFILE=none.",
    )
