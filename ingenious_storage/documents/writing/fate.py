"""Fate of a write whose answer was lost, by what is there now.

The argument, for a record that was sent on top of a head `base` and may have landed:

* It was bound to the ETag of `base`, or to the absence of any blob. So it lands at most once, and
  no longer once another blob is there: a purge leaves a blob too.
* The same document is still there: its entries hold the write_id, or another one at its number.
* The document is gone: the purges that are remembered at the key name the first and the last
  revision of each. Behind the last it did not land; a first one is known by its write_id; of
  another one nobody knows.

What a purge leaves is removed by `gc` after its grace, so all of this holds for calls that are
not in doubt for longer than that.
"""

from __future__ import annotations

from enum import Enum

from ingenious_storage.documents.format.head import Head, visible
from ingenious_storage.documents.format.purges import Purged


class Fate(Enum):
    """What became of a write."""

    LANDED = "landed"
    """Also when it was purged since."""
    NEVER = "never"
    """It did not land, and cannot any more."""
    LOOK = "look"
    """The document is the same: its entries decide."""
    UNKNOWN = "unknown"


def fate_of(write_id: str, base: Head | None, current: Head | None) -> Fate:
    """What became of `write_id`, sent on top of `base`, when `current` is there instead."""
    before = 0 if base is None else base.purges.count
    after = 0 if current is None else current.purges.count
    if current is None or after < before:
        return Fate.UNKNOWN
    if after == before:
        return _where_nothing_was_purged(write_id, visible(base), current)
    return _after_a_purge(write_id, visible(base), current.purges[before])


def _where_nothing_was_purged(write_id: str, document: Head | None, current: Head) -> Fate:
    if document is None:
        return Fate.LANDED if current.origin == write_id else Fate.NEVER
    same = not current.purged and current.origin == document.origin
    return Fate.LOOK if same else Fate.UNKNOWN


def _after_a_purge(write_id: str, document: Head | None, purged: Purged | None) -> Fate:
    """`purged` is what the first purge since then erased, None when that is forgotten."""
    if purged is None or purged.origin is None or purged.number is None:
        return Fate.UNKNOWN
    if document is None:
        return Fate.LANDED if purged.origin == write_id else Fate.NEVER
    behind = purged.origin == document.origin and purged.number <= document.number
    return Fate.NEVER if behind else Fate.UNKNOWN
