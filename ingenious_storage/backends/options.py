"""Options of a read and of a write at the driver boundary, and the conditions of a write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ingenious_storage.backends.blobs import BINARY, NO_PROPERTIES, Properties


@dataclass(frozen=True, slots=True)
class IfAbsent:
    """Write only when there is no blob; otherwise AlreadyExistsError.

    With retries, and when an answer was lost, that error has `outcome_unknown` set: the blob that
    is there may be the one that was to be written.
    """


@dataclass(frozen=True, slots=True)
class IfMatch:
    """Write only over the blob with this ETag; otherwise, also when missing, ConflictError."""

    etag: str


Condition = IfAbsent | IfMatch


@dataclass(frozen=True, slots=True)
class GetOptions:
    """How to read a blob: all of it, unless told otherwise."""

    byte_range: tuple[int, int | None] | None = None
    """(offset, length or None for the rest), in bytes, neither negative; None for the whole."""
    if_none_match: str | None = None
    """An ETag: of a blob that still has it nothing is read, and NotModifiedError raised."""


@dataclass(frozen=True, slots=True)
class PutOptions:
    """How to write a blob: over whatever is there, unless told otherwise."""

    content_type: str = BINARY
    properties: Properties = NO_PROPERTIES
    """They replace those of the blob before; nothing is merged."""
    condition: Condition | None = None


GET_DEFAULTS: Final = GetOptions()
PUT_DEFAULTS: Final = PutOptions()
