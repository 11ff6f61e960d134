"""Portable configuration: what the files say of the storage, with its variables unresolved.

Another machine resolves it again from its own environment. No secret travels, as long as none is
written into the files as text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

import yaml
from pydantic import SecretStr

from ingenious_storage.config.display import redact
from ingenious_storage.config.keys import SECTIONS
from ingenious_storage.config.models import SECTION_OF, settings_of
from ingenious_storage.config.sources.files import SettingsFile
from ingenious_storage.config.sources.layers import Layer, nested
from ingenious_storage.config.sources.variables import (
    PROFILES,
    Named,
    find_file,
    read_variables,
)
from ingenious_storage.config.stores.offered import store_names

_SECTION: Final = "storage."
_WHOLE: Final = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")
"""A variable and nothing else: its default would be a secret as text too."""
_PASSWORD: Final = re.compile(r"//[^/@\s]*:[^/@\s]*@")


@dataclass(frozen=True, slots=True)
class Portable:
    """The sections `storage` of config.yml and of some profiles, as YAML."""

    config: str
    profiles: str
    literals: tuple[str, ...] = ()
    """Where a secret stands as text: "storage.account_key (profiles.yml:4)"."""


def portable(
    names: Collection[str | None],
    *,
    config_path: Path | str | None = None,
    profiles_path: Path | str | None = None,
) -> Portable:
    """What the files that `load_settings` finds say for these profiles; None: without a name.

    Raises: ConfigurationError, as `load_settings` does for the files.
    """
    here = Path.cwd()
    known = read_variables(here)
    config = find_file(here, known.chosen(config_path, "INGENIOUS_CONFIG"), "config.yml")
    profiles = find_file(here, known.chosen(profiles_path, "INGENIOUS_PROFILES"), *PROFILES)
    general = _storage(_Unresolved(*config, known).config()) if config else {}
    own: dict[str | None, Layer] = {}
    if profiles is not None:
        file = _Unresolved(*profiles, known)
        own = {
            name: _storage(file.profile(None if name is None else Named(name))) for name in names
        }
    literals = [place for layer in (general, *own.values()) for place in _literals(layer)]
    return Portable(_text(nested(general)), _profiles_text(own), tuple(literals))


class _Unresolved(SettingsFile):
    """A file whose variables stay as they are written."""

    def _expanded(self, text: str, line: int, key: str) -> str:
        return text


def _storage(layer: Layer) -> Layer:
    return {key: value for key, value in layer.items() if key.startswith(_SECTION)}


def _literals(layer: Layer) -> Iterator[str]:
    secret = _secret_names(layer)
    for key, setting in layer.items():
        for name, text in _texts(key, setting.value):
            is_secret = name.rpartition(".")[2] in secret
            if _WHOLE.fullmatch(text) is None if is_secret else _shows_secret(text):
                yield f"{name} ({setting.origin})"


def _secret_names(layer: Layer) -> frozenset[str]:
    """The last names of all keys that hold secrets: a shard has them deep in a table."""
    others = {part for key in layer for part in key.split(".")} & {*store_names()}
    models = [*SECTIONS.values(), *filter(None, map(settings_of, others - SECTION_OF.keys()))]
    return frozenset(
        name
        for model in models
        for name, field in model.model_fields.items()
        if SecretStr in {field.annotation, *get_args(field.annotation)}
    )


def _texts(key: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every text of a value, by its dotted key."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _texts(f"{key}.{name}", each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(key, each)
    elif value is not None:
        yield key, str(value)


def _shows_secret(text: str) -> bool:
    """A signature or a password within an address."""
    return redact(text) != text or _PASSWORD.search(text) is not None


def _profiles_text(own: dict[str | None, Layer]) -> str:
    if set(own) == {None}:
        return _text(nested(own[None]))
    return _text({"profiles": {name: nested(layer) for name, layer in own.items() if name}})


def _text(tree: dict[str, Any]) -> str:
    return yaml.safe_dump(_plain(tree))


def _plain(value: Any) -> Any:
    """Without the mappings that nothing may be put into, which YAML does not know."""
    return (
        {name: _plain(each) for name, each in value.items()} if hasattr(value, "items") else value
    )
