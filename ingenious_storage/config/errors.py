"""Turns what a check found into an error that says where the value was written."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from ingenious_storage.config.models import GROUPS, KEYS, SECTIONS
from ingenious_storage.config.sources.layers import variable_of
from ingenious_storage.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pydantic import ValidationError

    from ingenious_storage.config.sources.layers import Layer, Origin

_MISSPELT = {variable_of(key).replace("__", "_"): key for key in KEYS}
_SHOWABLE = re.compile(r"[\w.-]{1,80}")


def check_keys(layer: Layer) -> None:
    """Raise ConfigurationError, with the nearest name, for a key that does not exist."""
    for key, setting in layer.items():
        if key in KEYS or key in GROUPS:
            continue
        parent, _, name = key.rpartition(".")
        shown = key if _SHOWABLE.fullmatch(key) else f"a key in {parent}"
        raise ConfigurationError(
            f"{shown} ({setting.origin}) is not a key that exists",
            hint=_suggestion(name, is_variable=setting.origin.variable is not None),
        )


def check_names(names: Iterable[str], origin_of: Callable[[str], Origin]) -> None:
    """Raise ConfigurationError for a variable that was meant for us, with one `_` too few."""
    for name in names:
        key = _MISSPELT.get(name.upper())
        if key is not None:
            raise ConfigurationError(
                f"{origin_of(name)} is not a variable that exists",
                hint=f"Did you mean {variable_of(key)}?",
            )


def from_validation(error: ValidationError, origins: Mapping[str, Origin]) -> ConfigurationError:
    """The first problem that pydantic found, without the value that it found."""
    first = error.errors(include_url=False, include_input=False)[0]
    key = ".".join(part for part in first["loc"] if isinstance(part, str))
    cause = first.get("ctx", {}).get("error")
    if not isinstance(cause, ConfigurationError):
        problem = first["msg"].replace("Input should", "must")
        topic = key if key in KEYS else "configuration"
        hint = f"`ingenious-storage explain {topic}` says what is allowed."
        cause = ConfigurationError(problem, hint=hint)
    if key in SECTIONS:  # a check of several keys, which it names itself
        return located(cause, origins)
    return ConfigurationError(f"{_at(key, origins)}: {cause.message}", hint=cause.hint)


def located(error: ConfigurationError, origins: Mapping[str, Origin]) -> ConfigurationError:
    """The same error, with the origin behind each key that its message names."""
    keys = "|".join(re.escape(key) for key in sorted(origins, key=len, reverse=True))
    message = error.message
    if keys:
        message = re.sub(rf"(?:{keys})(?!\.?\w)", lambda key: _at(key[0], origins), message)
    return ConfigurationError(message, hint=error.hint)


def _suggestion(name: str, *, is_variable: bool) -> str:
    names = {known.rpartition(".")[2]: known for known in KEYS}
    near = get_close_matches(name[:80], names, n=1)
    if not near:
        return "`ingenious-storage explain configuration` lists every key."
    key = names[near[0]]
    return f"Did you mean {variable_of(key) if is_variable else key}?"


def _at(key: str, origins: Mapping[str, Origin]) -> str:
    return f"{key} ({origins[key]})" if key in origins else key
