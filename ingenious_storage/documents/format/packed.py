"""Packed records: a head or segment whose data are binary. Fields as JSON, data as they are.

One zstd frame holds the length of the fields (four bytes, big endian), the fields, and the data. A
head has a magic and a version in front, a segment has not: it is a frame in both forms, and JSON
does not begin with a zero byte, as a length below 16 MiB does.
"""

from __future__ import annotations

from typing import Any, Final

import orjson
import zstandard as zstd

from ingenious_storage import jsondata
from ingenious_storage.documents.format.delta import bounded_decompress
from ingenious_storage.errors import (
    CorruptObjectError,
    ObjectTooLargeError,
    UnsupportedFormatError,
)

MAGIC: Final = b"\xd6igd"
"""No UTF-8 text begins so, nor does the envelope of a layer."""
_VERSION: Final = b"\x01"
_LENGTH: Final = 4
MAX_FIELDS_BYTES: Final = 2**24 - 1
_SMALL: Final = 256 * 1024


def join(fields: Any, data: bytes) -> bytes:
    """Fields and data as one, before they are compressed. Raises: ObjectTooLargeError."""
    text = orjson.dumps(fields)
    if len(text) > MAX_FIELDS_BYTES:
        raise ObjectTooLargeError(f"{len(text)} bytes of fields, at most {MAX_FIELDS_BYTES}")
    return b"".join((len(text).to_bytes(_LENGTH), text, data))


def split(joined: bytes, *, key: str) -> tuple[Any, bytes]:
    """Both again. Raises: CorruptObjectError."""
    end = _LENGTH + int.from_bytes(joined[:_LENGTH])
    if end > len(joined):
        raise CorruptObjectError("its fields are cut", key=key)
    return jsondata.loads(joined[_LENGTH:end], key=key), joined[end:]


def is_joined(content: bytes) -> bool:
    """Whether what a frame holds are fields and data, and not JSON alone."""
    return content[:1] == b"\x00"


def is_packed(raw: bytes) -> bool:
    """Whether a head is stored in this form."""
    return raw.startswith(MAGIC)


def pack(fields: Any, data: bytes) -> bytes:
    """A head as it is stored."""
    joined = join(fields, data)
    level = 3 if len(joined) <= _SMALL else 1
    frame = zstd.ZstdCompressor(level=level, write_checksum=True).compress(joined)
    return MAGIC + _VERSION + frame


def unpack(raw: bytes, *, key: str, limit: int) -> tuple[Any, bytes]:
    """Fields and data of a head of at most `limit` bytes when it is unpacked.

    Raises: CorruptObjectError; UnsupportedFormatError for a newer version.
    """
    begin = len(MAGIC) + len(_VERSION)
    if raw[len(MAGIC) : begin] != _VERSION:
        raise UnsupportedFormatError("a packed head of a newer version", key=key)
    try:
        return split(bounded_decompress(raw[begin:], limit), key=key)
    except zstd.ZstdError as error:
        raise CorruptObjectError(f"a head cannot be unpacked: {error}", key=key) from None
