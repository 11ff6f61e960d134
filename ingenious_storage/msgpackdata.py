"""MessagePack data: values as bytes, where JSON would cost a third for binary ones, or refuse them.

Besides what JSON has: bytes, NaN and infinities, whole numbers as names, and text with lone
surrogates, such as models emit.
"""

from __future__ import annotations

from typing import Any, Final

import msgpack

from ingenious_storage.errors import CorruptObjectError, InvalidDataError

_LONE: Final = "surrogatepass"


def dumps(value: Any) -> bytes:
    """Serialise; equal values give equal bytes, as far as the order of names is the same.

    Raises: InvalidDataError for other types, whole numbers beyond 64 bits, and what is nested more
    than some 500 levels deep. A tuple comes back as a list, so it is refused as a name in a dict.
    """
    tuples = 0

    def listed(value: Any) -> Any:
        nonlocal tuples
        if type(value) is tuple:
            tuples += 1
            return list(value)
        raise TypeError(f"a value of type {type(value).__name__}")

    try:
        data: bytes = msgpack.packb(value, default=listed, strict_types=True, unicode_errors=_LONE)
        if tuples:
            _unpacked(data)  # a list is no name in a dict
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidDataError(f"this data is not MessagePack: {error}") from None
    return data


def loads(data: bytes, *, key: str | None = None) -> Any:
    """Parse what was stored. Raises: CorruptObjectError."""
    try:
        return _unpacked(data)
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        kind = type(error).__name__  # the message of some of them holds what was stored
        raise CorruptObjectError(f"not MessagePack: {kind}", key=key) from None


def same(new: bytes, old: bytes) -> bool:
    """Whether both are the same data."""
    return new == old


def _unpacked(data: bytes) -> Any:
    return msgpack.unpackb(data, strict_map_key=False, unicode_errors=_LONE)
