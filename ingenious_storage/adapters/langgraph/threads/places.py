"""Places: which revision of the state has which checkpoint, in the state itself, by id.

Exact for the newest, and every sixteenth of the older ones, since a state is uploaded at each step.
What is left out lies between its neighbours, by its id and by its revision. Of checkpoints that
came late, below an id that was there, all stay: they are few, and in no order.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any, Final

EXACT: Final = 256
"""The newest revisions, of which all have a place."""
EACH: Final = 16
"""Of the older ones, where ids and revisions have the same order."""
_FIRST: Final = 13
"""Of those. What lies between two, with all that is folded into the three revisions above, is in
one segment of 32, which has the last three of the one before. The first builds kept 16, 32 ..."""
Place = list[Any]
"""An id, a number, and whether it came late."""
_id = itemgetter(0)


def added(places: Sequence[Place], checkpoint: str, number: int) -> list[Place]:
    """With revision `number`, which has this checkpoint, once more or for the first time."""
    at = bisect_left(places, checkpoint, key=_id)
    rest = bisect_right(places, checkpoint, key=_id)
    new = [*places[:at], [checkpoint, number, rest < len(places)], *places[rest:]]
    old = number - EXACT
    if old % EACH == _FIRST or old == 1:
        return new
    return [each for each in new if each[1] != old or each[2]]


def among(places: Sequence[Place], checkpoint: str, count: int) -> range:
    """The revisions, of `count`, of which one has this checkpoint, if it is there at all."""
    at = bisect_left(places, checkpoint, key=_id)
    if at < len(places) and places[at][0] == checkpoint:
        return range(places[at][1], places[at][1] + 1)
    below = _first_in_order(reversed(places[:at])) or 0
    above = _first_in_order(places[at:]) or 0
    return range(below + 1, above) if below <= count - EXACT else range(0)


def before(places: Sequence[Place], checkpoint: str) -> int:
    """The newest revision that may have a checkpoint whose id is smaller."""
    at = bisect_left(places, checkpoint, key=_id)
    above = _first_in_order(places[at:]) or 0
    return max((above, *(int(number) for _, number, _ in places[:at])))


def _first_in_order(places: Iterable[Place]) -> int | None:
    return next((int(number) for _, number, late in places if not late), None)
