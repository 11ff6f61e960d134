"""Reverse deltas: the old bytes, described by the new ones. An append is undone by two lengths."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import zstandard as zstd

from ingenious_storage.documents.format.records import Delta, Entry
from ingenious_storage.errors import CorruptObjectError

_LEVEL: Final = 6
_MIN_LOG, _MAX_LOG = 10, 27


def make_delta(old: bytes, new: bytes) -> Delta:
    """What `apply_delta` needs to get `old` back from `new`."""
    shorter = min(len(old), len(new))
    prefix = _common(old, new, shorter)
    suffix = _common_suffix(old, new, shorter - prefix)
    middle = old[prefix : len(old) - suffix]
    packed = _compress(middle, new) if middle else b""
    return {"prefix": prefix, "suffix": suffix, "middle": base64.b64encode(packed).decode()}


def undo(
    entries: Sequence[Entry], data: bytes, *, key: str, limit: int
) -> Iterator[tuple[Entry, bytes]]:
    """From the data of the last entry back to the first: each older entry with its data.

    Raises: CorruptObjectError for a delta that does not fit, and for data over `limit` bytes. What
    it yields has the right size; its SHA-256 is still to be checked.
    """
    for older, newer in reversed(list(pairwise(entries))):
        if older["size"] > limit:
            raise CorruptObjectError(f"a revision of over {limit} bytes is not read", key=key)
        data = apply_delta(data, newer["delta"], size=older["size"], key=key)
        yield older, data


def apply_delta(new: bytes, delta: Delta | None, *, size: int, key: str | None = None) -> bytes:
    """The old bytes. Raises: CorruptObjectError unless they are `size` bytes long."""
    try:
        if delta is None:
            raise TypeError("there is none")
        prefix, suffix = delta["prefix"], delta["suffix"]
        packed = base64.b64decode(delta["middle"], validate=True)
        length = size - prefix - suffix
        if min(prefix, suffix, length) < 0 or prefix + suffix > len(new):
            raise ValueError("lengths do not fit")
        middle = _decompress(packed, new, length) if packed else b""
        if len(middle) != length:
            raise ValueError(f"{len(middle)} bytes instead of {length}")
    except (KeyError, TypeError, ValueError, zstd.ZstdError) as error:
        raise CorruptObjectError(f"a delta cannot be applied: {error}", key=key) from error
    return b"".join((new[:prefix], middle, new[len(new) - suffix :]))


def bounded_decompress(data: bytes, limit: int) -> bytes:
    """The at most `limit` bytes of exactly one frame, which has to name its size (zip bombs).

    Raises: zstandard.ZstdError for a bad or truncated frame, for anything behind it, and for more
    than `limit` bytes, before they are allocated.
    """
    return _unpack(zstd.ZstdDecompressor(), data, limit)


def _compress(middle: bytes, new: bytes) -> bytes:
    # With logs sized for the middle alone, matches far back in the dictionary are lost: a window
    # of messages over 1.2 MB then costs a hundred times more.
    log = min(max((len(new) + len(middle)).bit_length(), _MIN_LOG), _MAX_LOG)
    parameters = zstd.ZstdCompressionParameters.from_level(
        _LEVEL,
        source_size=len(middle),
        dict_size=len(new),
        window_log=log,
        hash_log=log,
        chain_log=log,
    )
    dictionary = _dictionary(new)
    return zstd.ZstdCompressor(dict_data=dictionary, compression_params=parameters).compress(middle)


def _decompress(packed: bytes, new: bytes, limit: int) -> bytes:
    decompressor = zstd.ZstdDecompressor(dict_data=_dictionary(new), max_window_size=2**_MAX_LOG)
    return _unpack(decompressor, packed, limit)


def _dictionary(data: bytes) -> zstd.ZstdCompressionDict:
    return zstd.ZstdCompressionDict(data, dict_type=zstd.DICT_TYPE_RAWCONTENT)


def _unpack(decompressor: zstd.ZstdDecompressor, data: bytes, limit: int) -> bytes:
    # A frame that yields another size than it names is an error of zstd's, and max_output_size
    # counts only for frames that name none. An empty one returns before what follows is looked at.
    size = zstd.frame_content_size(data)
    if not 0 < size <= limit:
        raise zstd.ZstdError(f"it names no size up to {limit} bytes")
    return decompressor.decompress(data, allow_extra_data=False)


def _common(a: bytes, b: bytes, limit: int) -> int:
    """Length of the common prefix, by halves: slices compare at the speed of memcmp."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _common_suffix(a: bytes, b: bytes, limit: int) -> int:
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if a[len(a) - middle : len(a) - low] == b[len(b) - middle : len(b) - low]:
            low = middle
        else:
            high = middle - 1
    return low
