"""Display of the settings in force, and of where each was written: safe to print."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import SecretStr

from ingenious_storage.config.keys import ROOTS, flatten
from ingenious_storage.config.models import SECTION_OF
from ingenious_storage.config.sources.exported import shown
from ingenious_storage.config.sources.layers import Origin

if TYPE_CHECKING:
    from collections.abc import Collection

    from ingenious_storage.config.settings import Settings

_DEFAULT: Final = Origin("default")
# `sig=...` is what a hint calls it.
_SIGNED = re.compile(r"(?i)\b(sig|AccountKey|SharedAccessSignature)=(?!\.{3})[^&;\s]+")


@dataclass(frozen=True, slots=True)
class Explained:
    """One line of `config show --explain`."""

    key: str
    value: str
    """`***` for a secret, empty when there is none."""
    origin: str


def explain(settings: Settings) -> list[Explained]:
    """Every key with its effective value, and the file and line or the variable it is from.

    A key of a store's section stands under the flat name that it was given by, if it was. The
    section of a store is left out that `storage.type` does not choose and nobody wrote into.

    Then, by their own names, the variables that other libraries read, as far as they are set.
    """
    pairs = [pair for name in ROOTS for pair in flatten(getattr(settings, name), name)]
    lines = [(key, settings.spelling(key), value) for key, value in pairs]
    idle = _idle(
        settings,
        {key for key, name, _ in lines if settings.origins.get(name, _DEFAULT) != _DEFAULT},
    )
    keys = [
        Explained(name, describe(value), str(settings.origins.get(name, _DEFAULT)))
        for key, name, value in lines
        if not key.startswith(idle)
    ]
    others = [
        Explained(name, shown(name, setting.value), str(setting.origin))
        for name, setting in settings.exported.items()
    ]
    return keys + others


def _idle(settings: Settings, written: Collection[str]) -> tuple[str, ...]:
    """Prefixes of the sections that nobody chose and nobody wrote anything into."""
    found = {
        f"storage.{name}." for name in SECTION_OF.values() if name != settings.storage.store_section
    }
    return tuple(each for each in found if not any(key.startswith(each) for key in written))


def describe(value: Any) -> str:
    """One value as people write it, a secret as `***`."""
    if isinstance(value, SecretStr):
        return "***"
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return ", ".join(map(describe, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {describe(each)}" for name, each in value.items())
    return redact(str(value))


def redact(text: str) -> str:
    """`text` without the account keys and signatures that it may hold."""
    return _SIGNED.sub(r"\1=***", text)
