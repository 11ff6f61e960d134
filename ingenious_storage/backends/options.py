"""Options of a read and of a write at the driver boundary, and the conditions of a write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
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


class Lineage(Enum):
    """What a write is in the life of the document at its key; for layers that keep a key for each.

    A document is erased with its key. So the first blob of another one at the same place must not
    be sealed with a key that an erasure is about to destroy, and what tells of the erasure must
    outlive it.
    """

    CONTINUES = "continues"
    """One of its blobs, or a blob of no document."""
    BEGINS = "begins"
    """Its first head, on condition that there is none, or over the tombstone of an erased one. Or,
    with `PutOptions.after`, a segment or the head of a rewrite of its history."""
    ENDS = "ends"
    """The tombstone of its erasure."""


REWRITE: Final = "rewrite:"
"""What the `after` of a key begins with that a rewrite has made; no ETag does."""


@dataclass(frozen=True, slots=True)
class DocumentKey:
    """What may be known of a key that a document's blobs are sealed with."""

    created_at: datetime
    after: str | None
    """The ETag of the tombstone over which its document began, or `REWRITE` and the id of the
    rewrite that made it; None where nothing was before."""


@dataclass(frozen=True, slots=True)
class GetOptions:
    """How to read a blob: all of it, unless told otherwise."""

    byte_range: tuple[int, int | None] | None = None
    """(offset, length or None for the rest), in bytes, neither negative; None for the whole."""
    if_none_match: str | None = None
    """An ETag: of a blob that still has it nothing is read, and NotModifiedError raised."""
    fresh: bool = False
    """Ask the store, whatever a layer remembers: what a write is decided on has to be."""


@dataclass(frozen=True, slots=True)
class PutOptions:
    """How to write a blob: over whatever is there, unless told otherwise."""

    content_type: str = BINARY
    properties: Properties = NO_PROPERTIES
    """They replace those of the blob before; nothing is merged."""
    condition: Condition | None = None
    lineage: Lineage = Lineage.CONTINUES
    after: str | None = None
    """Of a blob that begins: what its key is made for, when that is not the tombstone under it."""


GET_DEFAULTS: Final = GetOptions()
PUT_DEFAULTS: Final = PutOptions()
