"""Turns what a check found into an error that says where the value was written."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from ingenious_storage.config.keys import ALIASES, FLAT, KEYS, ROOTS, SECTIONS, TABLES, known_near
from ingenious_storage.config.sources.layers import variable_of
from ingenious_storage.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pydantic import ValidationError

    from ingenious_storage.config.sources.layers import Layer, Origin

_MISSPELT = {variable_of(key).replace("__", "_"): key for key in (*KEYS, *ALIASES)}
_PROBLEMS: Final[Mapping[str, str]] = {
    "model_type": "must be a section, with keys of its own",
    "dict_type": "must be a table, with names of its own",
}
"""What is wrong, by pydantic's type of it, where its words are of Python."""
_NAMES = re.compile(r"[\w-]{1,40}(\.\w{1,20})*")
_SHOWABLE = re.compile(r"[\w.-]{1,80}")


def check_keys(layer: Layer) -> None:
    """Raise ConfigurationError, with the nearest name, for a key that does not exist."""
    for key, setting in layer.items():
        shown = key if _SHOWABLE.fullmatch(key) else f"a key in {key.rpartition('.')[0]}"
        try:
            known = known_near(key)
        except ConfigurationError as error:  # of the distribution that brings the section
            raise ConfigurationError(
                f"{shown} ({setting.origin}): {error.message}", hint=error.hint
            ) from error
        if key not in known.keys and key not in known.groups:
            raise ConfigurationError(
                f"{shown} ({setting.origin}) is not a key that exists",
                hint=_suggestion(key, known.keys, is_variable=setting.origin.variable is not None),
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


def from_validation(error: ValidationError, written: Layer) -> ConfigurationError:
    """The first problem that pydantic found, without the value that it found."""
    first = error.errors(include_url=False, include_input=False)[0]
    key = ".".join(part for part in first["loc"] if isinstance(part, str))
    table = next((each for each in TABLES if key.startswith(f"{each}.")), None)
    cause = first.get("ctx", {}).get("error")
    if not isinstance(cause, ConfigurationError):
        topic = key if key in KEYS else table or "configuration"
        hint = f"`ingenious-storage explain {topic}` says what is allowed."
        usual = first["msg"].replace("Input should", "must")
        cause = ConfigurationError(_PROBLEMS.get(first["type"], usual), hint=hint)
    elif table is None and key not in known_near(key).keys:  # of several, which it names itself
        return located(cause, written)
    where = _at(key, written) if table is None else _in_table(table, key, written)
    return ConfigurationError(f"{where}: {cause.message}", hint=cause.hint)


def located(error: ConfigurationError, written: Layer) -> ConfigurationError:
    """The same error, with the origin behind each key that its message names."""
    names = {*written, *(FLAT[key] for key in written.keys() & FLAT.keys())}
    keys = "|".join(re.escape(key) for key in sorted(names, key=len, reverse=True))
    message = error.message
    if keys:
        message = re.sub(rf"(?:{keys})(?!\.?\w)", lambda key: _at(key[0], written), message)
    return ConfigurationError(message, hint=error.hint)


def _suggestion(wrong: str, known: Iterable[str], *, is_variable: bool) -> str:
    parent, _, name = wrong.rpartition(".")
    if "bucket" in name.lower():
        return "A container is a bucket: storage.container_data, storage.container_revisions."
    # Several stores have an endpoint: the one that is meant stands where the key was written.
    near_first = sorted(known, key=lambda key: (FLAT.get(key) or key).rpartition(".")[0] == parent)
    names = {key.rpartition(".")[2]: key for key in near_first}
    near = get_close_matches(name[:80], names, n=1)
    if not near:
        return "`ingenious-storage explain configuration` lists every key."
    key = names[near[0]]
    if parent not in SECTIONS or parent in ROOTS:  # as flat as what was written
        key = FLAT.get(key, key)
    return f"Did you mean {variable_of(key) if is_variable else key}?"


def _in_table(table: str, key: str, written: Layer) -> str:
    """The table and where it is; and what is wrong in it, unless the name may be a secret."""
    inner = key.removeprefix(f"{table}.").removesuffix(".[key]")
    return f"{_at(table, written)}: {inner}" if _NAMES.fullmatch(inner) else _at(table, written)


def _at(key: str, written: Layer) -> str:
    """`key` in the spelling that was used, and where."""
    full = ALIASES.get(key, key)
    setting = written.get(full)
    return key if setting is None else f"{setting.alias or full} ({setting.origin})"
