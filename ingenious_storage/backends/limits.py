"""Limits of a store: what it refuses whoever asks, known without asking it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingenious_storage.errors import InvalidDataError, InvalidKeyError, ObjectTooLargeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingenious_storage.backends.blobs import Properties
    from ingenious_storage.errors import StorageError


@dataclass(frozen=True, slots=True)
class StoreLimits:
    """None for what has no limit, or none that is known."""

    key_bytes: int | None = None
    """Bytes that a key may have as UTF-8."""
    blob_bytes: int | None = None
    metadata_bytes: int | None = None
    """Bytes of all names and values together."""
    metadata_name: str | None = None
    """The pattern of a name, a regular expression."""
    metadata_is_ascii: bool = False
    """Whether values are ASCII only, as they travel in headers."""

    def refusal(
        self, key: str, size: int | None = None, properties: Properties | None = None
    ) -> StorageError | None:
        """Why no such blob can be stored; None when nothing is known against it."""
        length = len(key.encode("utf-8", "surrogatepass"))
        if self.key_bytes is not None and length > self.key_bytes:
            return InvalidKeyError(
                f"the key has {length} bytes, at most {self.key_bytes} are allowed by this store",
                key=key,
                hint="Shorten it: a character beyond ASCII takes two to four bytes.",
            )
        if self.blob_bytes is not None and size is not None and size > self.blob_bytes:
            return ObjectTooLargeError(
                f"{size} bytes, over {self.blob_bytes} of one object", key=key, hint="Split it."
            )
        return self._of_metadata(key, properties) if properties and properties.metadata else None

    def _of_metadata(self, key: str, properties: Properties) -> StorageError | None:
        pairs = properties.metadata.items()
        if self.metadata_name is not None:
            for name, _ in pairs:
                if not re.fullmatch(self.metadata_name, name):
                    return _unfit(key, f"its metadata has the name {name!a}")
        if self.metadata_is_ascii:
            for name, value in pairs:
                if not value.isascii() or not value.isprintable():
                    return _unfit(key, f"its metadata {name!a} has a value beyond printable ASCII")
        size = sum(len(name.encode()) + len(value.encode()) for name, value in pairs)
        if self.metadata_bytes is not None and size > self.metadata_bytes:
            return _unfit(key, f"its metadata has {size} bytes, over {self.metadata_bytes}")
        return None


NO_LIMITS = StoreLimits()


def tightest(limits: Iterable[StoreLimits]) -> StoreLimits:
    """What each of several stores takes."""
    every = tuple(limits)
    patterns = {each.metadata_name for each in every if each.metadata_name is not None}
    return StoreLimits(
        _least(each.key_bytes for each in every),
        _least(each.blob_bytes for each in every),
        _least(each.metadata_bytes for each in every),
        "".join(rf"(?=(?:{each})\Z)" for each in sorted(patterns)) + "(?s:.*)"
        if patterns
        else None,
        any(each.metadata_is_ascii for each in every),
    )


def _least(values: Iterable[int | None]) -> int | None:
    return min((value for value in values if value is not None), default=None)


def _unfit(key: str, problem: str) -> InvalidDataError:
    return InvalidDataError(
        f"{problem}, which this store does not take",
        key=key,
        hint="Change the metadata at the source, or choose a store that takes it.",
    )
