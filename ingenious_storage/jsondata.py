"""JSON as it is stored: orjson, insertion order kept, and nothing that would come back changed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, TypeAlias

import orjson

from ingenious_storage.errors import CorruptObjectError, InvalidDataError

Json: TypeAlias = Any
"""dict with text keys, list, str, int of 64 bits, finite float, bool or None."""

_OPTIONS = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME


def dumps(value: Json) -> bytes:
    """Serialise, or raise InvalidDataError for what is not JSON (NaN, sets, lone surrogates...)."""
    try:
        data = orjson.dumps(value, option=_OPTIONS)
    except TypeError as error:  # orjson.JSONEncodeError is one
        raise InvalidDataError(f"this data is not JSON: {error}") from None
    # orjson writes NaN and infinities as null, so only data with a null needs the slow look.
    if b"null" in data and any(not math.isfinite(number) for number in _floats(value)):
        raise InvalidDataError("this data is not JSON: NaN and infinities have no JSON form")
    return data


def _floats(value: Json) -> Iterator[float]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, float):
            yield item
        elif isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list | tuple):
            waiting.extend(item)


def loads(data: bytes, *, key: str | None = None) -> Json:
    """Parse what was stored, or raise CorruptObjectError."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise CorruptObjectError(
            f"not JSON at byte {error.pos} of {len(data)}: {error.msg}", key=key
        ) from None


def same(new: bytes, old: bytes) -> bool:
    """Whether what `dumps` made just now and what is stored are the same, also in their types.

    The bytes are, but for numbers: orjson 3.11.7 and later write `1e+16`, earlier ones `1e16`.
    """
    if new == old:
        return True
    if b"e+" not in new and b"e+" not in old:
        return False
    if new.replace(b"e+", b"e") != old.replace(b"e+", b"e"):
        return False
    return orjson.dumps(orjson.loads(old)) == new
