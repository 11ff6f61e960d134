"""Ranges: how the load of new conversations spreads over ranges of names, hashed or not, and over
shards.

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

from ingenious_storage.backends.sharded.placement import Placement
from ingenious_storage.keys import encode_id, hidden_segment

_IDS: Final = 50_000
_NEW: Final = 500
"""The newest conversations: those that people are talking in."""
_RANGES: Final = 64
_SHARDS: Final = tuple("abcdefgh")
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
    """The share of the load of the newest keys that falls into one range."""
    return max(load(keys, keys[-_NEW:], _RANGES).values()) / _NEW


def load(keys: list[str], newest: list[str], ranges: int) -> Counter[int]:
    """How many of the newest keys each range has.

    The ranges are those that a store would have made of what is there: as many keys in each.
    """
    names = sorted(keys)
    bounds = [names[len(names) * number // ranges] for number in range(1, ranges)]
    return Counter(bisect_right(bounds, key) for key in newest)


def hottest_of_shards(keys: list[str]) -> tuple[float, float]:
    """The shares of the hottest shard, and of the hottest range, where 8 shards have 8 each."""
    find, newest = Placement(_SHARDS).find, keys[-_NEW:]
    shards, ranges = Counter[str](), list[int]()
    home = {key: find(key) for key in keys}
    for shard in _SHARDS:
        mine = [key for key in newest if home[key] == shard]
        shards[shard] = len(mine)
        here = [key for key in keys if home[key] == shard]
        ranges += load(here, mine, _RANGES // len(_SHARDS)).values()
    return max(shards.values()) / _NEW, max(ranges) / _NEW


def rows() -> Iterator[tuple[str, ...]]:
    """Kind of id, and the share of the hottest range: names as they are, and hidden ids; with names
    as they are, that of the hottest of 8 shards, and of the hottest range in one of these."""
    for kind, make in _ids().items():
        random = Random(kind)
        ids = [make(random, number) for number in range(_IDS)]
        shown = [f"conversations/{encode_id(each)}/memory.json" for each in ids]
        hidden = [f"conversations/{_hidden(each)}/memory.json" for each in ids]
        shares = hottest(shown), hottest(hidden), *hottest_of_shards(shown)
        yield kind, *(f"{share:.0%}" for share in shares)


def _hidden(text: str) -> str:
    return hidden_segment(
        hmac.digest(b"a fixed key of 32 bytes, a test.", text.encode(), "sha256")[:16]
    )


if __name__ == "__main__":
    for row in rows():
        print(f"| {' | '.join(row)} |")
