"""Ranges: how the load of new conversations spreads over ranges of names, hashed or not.

`python -m benchmarks.scale.ranges` prints the table of docs/scale.md. The seeds are fixed.
"""

from __future__ import annotations

import hmac
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from ingenious_storage.keys import encode_id, hidden_segment

_IDS: Final = 50_000
_NEW: Final = 500
"""The newest conversations: those that people are talking in."""
_RANGES: Final = 64
_START: Final = datetime(2026, 1, 1, tzinfo=UTC)
_FIRST: Final = ("anna", "ben", "carla", "david", "eva", "finn", "greta", "hugo", "ida", "jan")


def _ids() -> Mapping[str, Callable[[Random, int], str]]:
    """Kinds of ids, oldest first."""
    return {
        "numbers in a row": lambda _, n: f"{n:09d}",
        "time first": lambda _, n: f"{_START + timedelta(seconds=37 * n):%Y%m%dT%H%M%S}-web",
        "UUID of version 7": _uuid7,
        "UUID of version 4": lambda random, _: str(UUID(int=random.getrandbits(128), version=4)),
        "telephone numbers": lambda random, _: f"+4917{random.randrange(10**9):09d}",
        "mail addresses": lambda random, _: (
            f"{random.choice(_FIRST)}{random.randrange(10**5)}@a.com"
        ),
    }


def _uuid7(random: Random, number: int) -> str:
    milliseconds = int(_START.timestamp() * 1000) + 37_000 * number
    return str(UUID(int=(milliseconds << 80) | (7 << 76) | random.getrandbits(76)))


def hottest(keys: list[str]) -> float:
    """The share of the load of the newest keys that falls into one range.

    The ranges are those that a store would have made of what is there: as many keys in each.
    """
    names = sorted(keys)
    bounds = [names[len(names) * number // _RANGES] for number in range(1, _RANGES)]
    load = Counter(bisect_right(bounds, key) for key in keys[-_NEW:])
    return max(load.values()) / _NEW


def rows() -> Iterator[tuple[str, str, str]]:
    """Kind of id, and the share of the hottest range: names as they are, and hidden ids."""
    for kind, make in _ids().items():
        random = Random(kind)
        ids = [make(random, number) for number in range(_IDS)]
        shown = [f"conversations/{encode_id(each)}/memory.json" for each in ids]
        hidden = [f"conversations/{_hidden(each)}/memory.json" for each in ids]
        yield kind, f"{hottest(shown):.0%}", f"{hottest(hidden):.0%}"


def _hidden(text: str) -> str:
    return hidden_segment(
        hmac.digest(b"a fixed key of 32 bytes, a test.", text.encode(), "sha256")[:16]
    )


if __name__ == "__main__":
    for row in rows():
        print(f"| {' | '.join(row)} |")
