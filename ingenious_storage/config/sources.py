"""Where values come from: each source gives a layer, dotted keys to values and their origins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from pydantic_settings import BaseSettings, DotEnvSettingsSource

from ingenious_storage.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PREFIX: Final = "INGENIOUS_"
_OURS: Final = (f"{PREFIX}STORAGE__", f"{PREFIX}TELEMETRY__")
_STANDARD: Final = {
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "telemetry.connection_string",
    **{
        f"AZURE_STORAGE_{key.upper()}": f"storage.{key}"
        for key in ("connection_string", "account_name", "account_key", "sas_token")
    },
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value was written."""

    kind: Literal["argument", "environment", "dotenv", "profile", "config", "default"]
    file: Path | None = None
    line: int | None = None
    variable: str | None = None

    def __str__(self) -> str:
        if self.file is None:
            return self.variable or self.kind
        if self.variable is not None:
            return f"{self.variable} in {self.file}"
        return f"{self.file}:{self.line}"


class Setting(NamedTuple):
    value: Any
    origin: Origin


Layer = dict[str, Setting]


def nested(layer: Layer) -> dict[str, Any]:
    """A layer as the tree that the models read."""
    tree: dict[str, Any] = {}
    for key, setting in layer.items():
        *parents, name = key.split(".")
        place: Any = tree
        for parent in parents:
            place = place.setdefault(parent, {}) if isinstance(place, dict) else None
        if isinstance(place, dict):
            place[name] = setting.value
    return tree


def arguments(overrides: Mapping[str, Any]) -> Layer:
    """The arguments that were given: None stands for a flag that was not."""
    origin = Origin("argument")
    return {key: Setting(value, origin) for key, value in overrides.items() if value is not None}


def variables(values: Mapping[str, str], file: Path | None = None) -> Layer:
    """What variables of the environment, or of the `.env` at `file`, say; others are left alone.

    Raises: ConfigurationError when two variables of one key differ.
    """
    kind: Literal["environment", "dotenv"] = "environment" if file is None else "dotenv"
    layer: Layer = {}
    for name, value in values.items():
        key = _key(name)
        if key is None:
            continue
        before = layer.get(key)
        if before is not None and before.value != value:
            raise ConfigurationError(
                f"{before.origin.variable} and {name} differ, and both set {key}",
                hint="Remove one of them.",
            )
        layer[key] = Setting(value, Origin(kind, file=file, variable=name))
    return layer


def chosen(
    argument: Path | str | None,
    option: str,
    environ: Mapping[str, str],
    dotenv: Mapping[str, str],
) -> str | None:
    """What an argument, or else `INGENIOUS_` and its name, chooses; None when neither is given.

    Raises: ConfigurationError for empty text, which an unset variable of a script gives: the
        default is not what its author meant.
    """
    name = PREFIX + option.upper()
    found = environ.get(name, dotenv.get(name)) if argument is None else str(argument)
    if found == "":
        where = f"the variable {name}" if argument is None else f"the argument {option}"
        raise ConfigurationError(
            f"{where} is given, but empty", hint="Give it a value, or leave it out (unset it)."
        )
    return found


def read_dotenv(path: Path, label: Path) -> dict[str, str]:
    """The variables of a `.env` that have a value; none without a file.

    Raises: ConfigurationError when it cannot be read.
    """
    try:
        source = DotEnvSettingsSource(
            BaseSettings, env_file=path, env_file_encoding="utf-8-sig", case_sensitive=True
        )
        return {name: value for name, value in source.env_vars.items() if value}
    except (OSError, UnicodeDecodeError) as error:
        problem = type(error).__name__  # raised below: the error itself would quote the file
    raise ConfigurationError(
        f"{label} cannot be read: {problem}", hint="Save it as UTF-8, readable by this user."
    )


def variable_of(key: str) -> str:
    """The variable of a dotted key: `storage.retry.cap` is `INGENIOUS_STORAGE__RETRY__CAP`."""
    return PREFIX + key.upper().replace(".", "__")


def _key(name: str) -> str | None:
    name = name.upper()
    if name.startswith(_OURS):
        return name.removeprefix(PREFIX).lower().replace("__", ".")
    return _STANDARD.get(name)
