"""Values that JSON cannot hold, or would give back changed: where in the data one stands."""

from __future__ import annotations

import marshal
import math
from collections.abc import Iterator
from enum import Enum
from typing import Any, Final
from uuid import UUID

MAX_DEPTH: Final = 254
"""What orjson writes, and reads again."""
_SMALLEST: Final = -(2**63)
_LARGEST: Final = 2**64 - 1

Place = tuple["Place", str | int] | None
"""The place of the parent and the name or index in it; None for the whole value."""


def may_hold_other_types(value: Any) -> bool:
    """Whether a value that orjson took holds more than plain types: it writes a UUID as text.

    Of all that looks at each part, marshal is the cheapest: it refuses what is not exactly of a
    built-in type, in the time that orjson needs. A loop in Python needs 25 times as much.
    """
    try:
        marshal.dumps(value)
    except ValueError:
        return True
    return False


def first_problem(value: Any) -> str | None:
    """What is wrong and where, as a JSON pointer (RFC 6901); None when nothing is."""
    waiting: list[tuple[Any, Place, int]] = [(value, None, 0)]
    while waiting:
        item, place, depth = waiting.pop()
        problem = _problem(item, depth)
        if problem is not None:
            return f"{problem}, {_shown(place)}"
        waiting.extend(reversed([*_children(item, place, depth + 1)]))
    return None


def _children(item: Any, place: Place, depth: int) -> Iterator[tuple[Any, Place, int]]:
    if isinstance(item, dict):
        for name, child in item.items():
            yield child, (place, name), depth
    elif isinstance(item, list | tuple):
        for index, child in enumerate(item):
            yield child, (place, index), depth


def _problem(item: Any, depth: int) -> str | None:  # one rule each
    if depth > MAX_DEPTH:
        return f"more than {MAX_DEPTH} levels deep, or a value that holds itself"
    match item:
        case dict():
            return _names(item)
        case str():
            return _text(item)
        case bool() | None:
            return None
        case int() if not _SMALLEST <= item <= _LARGEST:
            return "an integer of more than 64 bits"
        case float() if not math.isfinite(item):
            return f"{float(item)} has no JSON form"
        case int() | float() | list() | tuple():
            return None
        case UUID() | Enum():
            return f"{type(item).__name__} would come back as another type: store its text or value"
        case _:
            return f"{type(item).__name__} has no JSON form"


def _names(item: dict[Any, Any]) -> str | None:
    for name in item:
        if type(name) is not str:
            return f"a key of type {type(name).__name__}, where only text can be one"
        if problem := _text(name):
            return f"{problem} of a key"
    return None


def _text(text: str) -> str | None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"a lone surrogate at character {error.start}"
    return None


def _shown(place: Place) -> str:
    tokens: list[str] = []
    while place is not None:
        place, token = place
        tokens.append(str(token).replace("~", "~0").replace("/", "~1"))
    pointer = "".join(f"/{token}" for token in reversed(tokens))
    return f"at {pointer!a}" if pointer else "at the top"
