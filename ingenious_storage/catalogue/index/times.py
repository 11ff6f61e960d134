"""Times: moments as numbers, which the ids of documents are made of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Final

_FIRST: Final = datetime(1, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """Since the year 1. Raises: TypeError for a moment without a time zone."""
    return (moment - _FIRST) // _MICROSECOND


def moment(microseconds: int) -> datetime:
    """The same back, in UTC. Raises: OverflowError."""
    return _FIRST + timedelta(0, 0, microseconds)


def first_id(microseconds: int) -> int:
    """The lowest id of documents of this time: milliseconds, from 1 on."""
    return microseconds // 1000 + 1


def other_id(key: str, first: int, turn: int) -> int:
    """The next to try for a key, when those before are taken: in a range that doubles each turn,
    so that also a million documents of one moment find theirs in a few turns.
    """
    draw = int.from_bytes(blake2b(f"{turn} {key}".encode(), digest_size=8).digest())
    return first + draw % (2 << turn)
