"""JSON as it is stored: orjson, insertion order kept, and nothing that would come back changed."""

from __future__ import annotations

from typing import Any, TypeAlias

import orjson

from ingenious_storage.errors import CorruptObjectError, InvalidDataError
from ingenious_storage.notjson import first_problem, may_hold_other_types

Json: TypeAlias = Any
"""dict with text keys, list, str, int of 64 bits, finite float, bool or None."""

_OPTIONS = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME


def dumps(value: Json) -> bytes:
    """Serialise, or raise InvalidDataError that says where what is not JSON stands.

    That is NaN, sets, dates, lone surrogates ...; a UUID and an Enum too, which orjson would write
    as text: what is saved comes back as it was, but a tuple as a list.
    """
    try:
        data = orjson.dumps(value, option=_OPTIONS)
    except TypeError as error:  # orjson.JSONEncodeError is one
        found = first_problem(value) or str(error)
        raise InvalidDataError(f"this data is not JSON: {found}") from None
    # orjson writes NaN and infinities as null.
    if (b"null" in data or may_hold_other_types(value)) and (problem := first_problem(value)):
        raise InvalidDataError(f"this data is not JSON: {problem}")
    return data


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
