"""The variables of one run: those of the environment, and those of `.env` behind them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ingenious_storage.config.section import expand_home
from ingenious_storage.config.sources import exported
from ingenious_storage.config.sources.dotenv import Dotenv, read_dotenv
from ingenious_storage.config.sources.layers import (
    PREFIX,
    Origin,
    Setting,
    in_environment,
    is_empty,
    require_value,
)
from ingenious_storage.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

PROFILES: Final = ("profiles.yml", "~/.ingenious/profiles.yml")
"""The usual places of profiles.yml, the first that exists."""
_DOTENV: Final = Path(".env")


@dataclass(frozen=True, slots=True)
class Named:
    """What somebody chose, and who says so; the origin None stands for an argument."""

    text: str
    origin: Origin | None = None

    @property
    def by(self) -> str:
        """For a message: what named the file, if anything did."""
        return "" if self.origin is None else f", named by {self.origin},"


@dataclass(frozen=True, slots=True)
class Variables:
    """The variables of the environment, and behind them those of `.env`."""

    environment: Mapping[str, str]
    dotenv: Dotenv

    def get(self, name: str) -> str | None:
        """The value of a variable that `${NAME}` of a YAML file names; None for an empty one."""
        return self.environment.get(name) or self.dotenv.get(name) or None

    def chosen(self, given: Path | str | None, name: str) -> Named | None:
        """`given`, or what the variable `name` says, in any case of its letters.

        Raises: ConfigurationError when it is empty: "" would be taken for "no matter which".
        """
        if given is not None:
            option = name.removeprefix(PREFIX).lower()
            if not str(given).strip():
                raise is_empty(Origin("argument", variable=f"the argument {option}"))
            return Named(str(given))
        for values, origin_of in (
            (self.environment, in_environment),
            (self.dotenv, self.dotenv_origin),
        ):
            for each in values:
                if each.upper() == name:
                    require_value(each, values[each], origin_of(each))
                    return Named(values[each], origin_of(each))
        return None

    def dotenv_origin(self, name: str) -> Origin:
        """The origin of what a line of `.env` says."""
        return Origin("dotenv", _DOTENV, self.dotenv.line(name), name)

    def exported(self) -> dict[str, Setting]:
        """What other libraries read by themselves, from where they will find it.

        Raises: ConfigurationError for one in `.env` that cannot be used.
        """
        found = {
            name: Setting(self.environment[name], in_environment(name))
            for name in exported.names_in(self.environment)
            if self.environment[name]
        }
        for name in exported.names_in(self.dotenv):
            if name not in found and (value := self.dotenv[name]):
                found[name] = Setting(value, self.dotenv_origin(name))
        return found


def read_variables(here: Path, environ: Mapping[str, str] | None = None) -> Variables:
    """`environ` stands in for the environment of this process. Raises: ConfigurationError."""
    environment = exported.environment() if environ is None else environ
    return Variables(environment, read_dotenv(here / _DOTENV, _DOTENV, environment))


def find_file(here: Path, named: Named | None, *usual: str) -> tuple[Path, Path] | None:
    """The file that was named, or the first of the usual ones that is there; how to show it.

    Raises: ConfigurationError for a named one that is not there.
    """
    for name in (named.text,) if named else usual:
        path = here / expand_home(Path(name))
        if os.path.lexists(path):  # a link to nothing is there, and cannot be read
            return path, path.relative_to(here) if path.is_relative_to(here) else path
    if named:
        raise ConfigurationError(
            f"{named.text}{named.by} does not exist",
            hint="Check --config, --profiles and their variables.",
        )
    return None
