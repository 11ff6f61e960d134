"""Layers of values: each source gives one, dotted keys to values and their origins."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from ingenious_storage.config.keys import ALIASES, known_near
from ingenious_storage.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

PREFIX: Final = "INGENIOUS_"
_OURS: Final = (f"{PREFIX}STORAGE__", f"{PREFIX}TELEMETRY__", f"{PREFIX}API__")
_STANDARD: Final = {
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "telemetry.connection_string",
    **{
        f"AZURE_STORAGE_{key.upper()}": f"storage.{key}"
        for key in ("connection_string", "account_name", "account_key", "sas_token")
    },
}

_EMULATOR: Final = "STORAGE_EMULATOR_HOST"


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
        place = f"{self.file}:{self.line}"
        return place if self.variable is None else f"{self.variable} in {place}"


class Setting(NamedTuple):
    """A value, where it was written, and by which key if that is an alias of another."""

    value: Any
    origin: Origin
    alias: str | None = None


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
            if isinstance(setting.value, dict) and key in known_near(key).tables:
                place[name] = MappingProxyType(
                    setting.value
                )  # one value, which nothing is put into
    return tree


def arguments(overrides: Mapping[str, Any]) -> Layer:
    """The arguments that were given: None stands for a flag that was not.

    Raises: ConfigurationError for an empty text.
    """
    origin = Origin("argument")
    given = {key: Setting(value, origin) for key, value in overrides.items() if value is not None}
    for key, setting in given.items():
        if isinstance(setting.value, str) and not setting.value.strip():
            raise is_empty(Origin("argument", variable=f"{key} (argument)"))
    return given


def in_environment(name: str) -> Origin:
    """The origin of what a variable of the environment says."""
    return Origin("environment", variable=name)


def variables(
    values: Mapping[str, str], origin_of: Callable[[str], Origin] = in_environment
) -> Layer:
    """What variables of the environment, or of a `.env`, say; others are left alone.

    The value of one that is empty is "": see `without_blanks`.

    Raises: ConfigurationError when two variables of one key differ, or one of ours is empty.
    """
    layer: Layer = {}
    for name in values:
        written = _key(name)
        if written is None:
            continue
        key = ALIASES.get(written, written)
        origin, value = origin_of(name), values[name]
        if not value.strip():
            require_value(name, value, origin)
            value = ""
        before = layer.get(key)
        if before is not None and before.value != value:
            raise ConfigurationError(
                f"{before.origin} and {origin} differ, and both set {written}",
                hint="Remove one of them.",
            )
        layer[key] = Setting(value, origin, None if key == written else written)
    return layer


def emulators(
    values: Mapping[str, str], origin_of: Callable[[str], Origin] = in_environment
) -> Layer:
    """What `STORAGE_EMULATOR_HOST` says, which Google's libraries read: a URL, or a host and port.

    It is below every source of ours, as it may have been set for another program.
    """
    text = (values.get(_EMULATOR) or "").strip()
    if not text:
        return {}
    url = text if "://" in text else f"http://{text}"
    return {"storage.gcs.endpoint": Setting(url, origin_of(_EMULATOR))}


def without_aliases(layer: Layer) -> Layer:
    """The layer with every alias under the key that it stands for.

    Raises: ConfigurationError when both are in the layer, with different values.
    """
    found = {key: setting for key, setting in layer.items() if key not in ALIASES}
    for alias in layer.keys() & ALIASES.keys():
        key, setting = ALIASES[alias], layer[alias]
        other = found.get(key)
        if other is not None and other.value != setting.value:
            raise ConfigurationError(
                f"{alias} ({setting.origin}) and {key} ({other.origin}) mean the same, and differ",
                hint="Remove one of them.",
            )
        found[key] = setting._replace(alias=alias)
    return found


def require_value(name: str, value: str, origin: Origin) -> None:
    """Raise ConfigurationError for a variable that only we read, and that says nothing."""
    if not value.strip() and name.upper().startswith(PREFIX):
        raise is_empty(origin)


def is_empty(origin: Origin) -> ConfigurationError:
    """The error for a value that is given but empty."""
    where = f"{origin}" if origin.kind == "argument" else f"the variable {origin}"
    return ConfigurationError(
        f"{where} is given, but empty", hint="Give it a value, or unset it: nothing is guessed."
    )


def without_blanks(layers: list[Layer]) -> tuple[list[Layer], Layer]:
    """The layers without what is empty; and of that, what would have decided its key.

    Variables that other software reads too may be empty, as long as nobody looks at their key.
    """
    top = {key: setting for layer in reversed(layers) for key, setting in layer.items()}
    blank = {key: setting for key, setting in top.items() if _is_blank(setting)}
    said = [
        {key: setting for key, setting in layer.items() if not _is_blank(setting)}
        for layer in layers
    ]
    return said, blank


def _is_blank(setting: Setting) -> bool:
    return setting.origin.variable is not None and setting.value == ""


def variable_of(key: str) -> str:
    """The variable of a dotted key: `storage.retry.cap` is `INGENIOUS_STORAGE__RETRY__CAP`."""
    return PREFIX + key.upper().replace(".", "__")


def _key(name: str) -> str | None:
    name = name.upper()
    if name.startswith(_OURS):
        return name.removeprefix(PREFIX).lower().replace("__", ".")
    return _STANDARD.get(name)
