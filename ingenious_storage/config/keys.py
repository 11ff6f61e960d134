"""Keys of the configuration, dotted: which exist, which hold others, and which are aliases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeGuard, get_origin

from pydantic import BaseModel

from ingenious_storage.config.api.settings import ApiSettings
from ingenious_storage.config.models import ALIAS_OF, SECTION_OF, StorageSettings, settings_of
from ingenious_storage.config.telemetry import TelemetrySettings


def flatten(section: BaseModel, key: str) -> Iterator[tuple[str, Any]]:
    """Every dotted key of a section with its value, in the order of the model."""
    for name, value in section:
        if isinstance(value, BaseModel):
            yield from flatten(value, f"{key}.{name}")
        else:
            yield f"{key}.{name}", value


def _walk(model: type[BaseModel], key: str) -> Iterator[tuple[str, Any]]:
    """Every dotted key of a model, and its type."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        yield f"{key}.{name}", inner
        if _is_section(inner):
            yield from _walk(inner, f"{key}.{name}")


def _is_section(kind: Any) -> TypeGuard[type[BaseModel]]:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


class Known(NamedTuple):
    """Dotted keys that exist, in the order of the models, and those that hold others."""

    keys: tuple[str, ...]
    groups: frozenset[str]
    tables: frozenset[str] = frozenset()
    """Of `keys`, those whose value is a table: names that its author chose."""


def _known(model: type[BaseModel], key: str) -> Known:
    found = [*_walk(model, key)]
    groups = frozenset(name for name, kind in found if _is_section(kind))
    tables = frozenset(name for name, kind in found if get_origin(kind) is Mapping)
    return Known(tuple(name for name, _ in found if name not in groups), groups, tables)


ROOTS: Final[Mapping[str, type[BaseModel]]] = {
    "storage": StorageSettings,
    "telemetry": TelemetrySettings,
    "api": ApiSettings,
}
"""The sections that a file has at its top."""
SECTIONS: Final[Mapping[str, type[BaseModel]]] = {
    **ROOTS,
    **{f"storage.{name}": type(getattr(StorageSettings(), name)) for name in SECTION_OF.values()},
}
"""These, and the sections of the stores of this library."""
_KNOWN: Final = [_known(model, name) for name, model in ROOTS.items()]
KEYS: Final = tuple(key for known in _KNOWN for key in known.keys)
"""Every dotted key, in the order of the models."""
GROUPS: Final = frozenset(key for known in _KNOWN for key in known.groups)
"""The keys that hold others: `storage.retry`."""
TABLES: Final = frozenset(key for known in _KNOWN for key in known.tables)
"""The keys whose value is a table: `api.keys`."""
ALIASES: Final = {
    f"storage.{name}": f"storage.{section}.{name}" for name, section in ALIAS_OF.items()
}
"""The flat keys, and the key in a section that each stands for."""
_OURS: Final = Known(KEYS, GROUPS, TABLES)
FLAT: Final = {key: alias for alias, key in ALIASES.items()}
"""The flat key of each key that has one."""


def known_near(key: str) -> Known:
    """The keys of the section of another distribution's store, if `key` is in one; else ours.

    Raises: ConfigurationError when a distribution brings a store of that name, and it is damaged.
    """
    section, _, rest = key.partition(".")
    name = rest.partition(".")[0]
    if section != "storage" or not name or name in StorageSettings.model_fields:
        return _OURS
    model = None if f"storage.{name}" in ALIASES else settings_of(name)
    if model is None:
        return _OURS
    known = _known(model, f"storage.{name}")
    return known._replace(groups=known.groups | {f"storage.{name}"})
