"""Display of the settings in force, and of where each was written: safe to print."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from ingenious_storage.config.keys import flatten
from ingenious_storage.config.sources.exported import shown
from ingenious_storage.config.sources.layers import Origin

if TYPE_CHECKING:
    from ingenious_storage.config.settings import Settings

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

    A key of a store's section stands under the flat name that it was given by, if it was.

    Then, by their own names, the variables that other libraries read, as far as they are set.
    """
    pairs = [*flatten(settings.storage, "storage"), *flatten(settings.telemetry, "telemetry")]
    default = Origin("default")
    keys = [
        Explained(name, describe(value), str(settings.origins.get(name, default)))
        for name, value in ((settings.spelling(key), value) for key, value in pairs)
    ]
    others = [
        Explained(name, shown(name, setting.value), str(setting.origin))
        for name, setting in settings.exported.items()
    ]
    return keys + others


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
    return redact(str(value))


def redact(text: str) -> str:
    """`text` without the account keys and signatures that it may hold."""
    return _SIGNED.sub(r"\1=***", text)
