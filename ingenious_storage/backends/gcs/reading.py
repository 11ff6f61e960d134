"""Reading: one download, held against what its headers say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingenious_storage.backends.base import Blob
from ingenious_storage.backends.gcs.values import read_info

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingenious_storage.http.answers import Response

_AS_IT_IS: Final = "identity"


def range_header(offset: int, length: int | None) -> str | None:
    """The header of a range of at least one byte; None for the whole."""
    if length is None:
        return f"bytes={offset}-" if offset else None
    return f"bytes={offset}-{offset + length - 1}"


def blob_of(key: str, response: Response, offset: int, length: int | None) -> Blob:
    """The blob of an answer.

    Raises: ValueError, LookupError, TypeError when it contradicts itself, or is not as stored.
    """
    headers, data, size = response.headers, response.body, len(response.body)
    if response.status == 206:
        size = _whole(headers["content-range"], offset, len(data))
        left = size - offset
        if len(data) != (left if length is None else min(length, left)):
            raise ValueError(f"{len(data)} bytes of {left} that are left")
    elif offset or length is not None:  # a server may leave a range out of account
        data = data[offset : None if length is None else offset + length]
    _check_stored(headers, size)
    return Blob(data, read_info(key, headers, size))


def _check_stored(headers: Mapping[str, str], size: int) -> None:
    stored = headers.get("x-goog-stored-content-encoding", _AS_IT_IS)
    if stored not in {_AS_IT_IS, headers.get("content-encoding")}:
        raise ValueError("it was decoded on its way")
    told = headers.get("x-goog-stored-content-length")
    if told is not None and int(told) != size:
        raise ValueError(f"{size} bytes, where {told} are stored")


def _whole(content_range: str, offset: int, count: int) -> int:
    """Bytes of the whole, by `bytes FIRST-LAST/SIZE`."""
    unit, _, rest = content_range.partition(" ")
    span, _, size = rest.partition("/")
    first, _, last = span.partition("-")
    if unit != "bytes" or int(first) != offset or int(last) - offset + 1 != count:
        raise ValueError(f"{count} bytes from {offset}, and a Content-Range that differs")
    if int(size) <= int(last):
        raise ValueError("a Content-Range beyond its own size")
    return int(size)
