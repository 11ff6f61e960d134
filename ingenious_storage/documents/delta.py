"""Reverse deltas: the old bytes, told by the new ones. An append is undone by two lengths."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

import zstandard as zstd

from ingenious_storage.errors import CorruptObjectError

_LEVEL: Final = 6
_MIN_LOG, _MAX_LOG = 10, 27


def make_delta(old: bytes, new: bytes) -> dict[str, Any]:
    """What `apply_delta` needs to get `old` back from `new`."""
    shorter = min(len(old), len(new))
    prefix = _common(old, new, shorter)
    suffix = _common_suffix(old, new, shorter - prefix)
    middle = old[prefix : len(old) - suffix]
    packed = _compress(middle, new) if middle else b""
    return {"prefix": prefix, "suffix": suffix, "middle": base64.b64encode(packed).decode()}


def apply_delta(new: bytes, delta: dict[str, Any], *, size: int) -> bytes:
    """The old bytes. Raises: CorruptObjectError unless they are `size` bytes long."""
    try:
        prefix, suffix = delta["prefix"], delta["suffix"]
        packed = base64.b64decode(delta["middle"], validate=True)
        length = size - prefix - suffix
        if min(prefix, suffix, length) < 0 or prefix + suffix > len(new):
            raise ValueError("lengths do not fit")
        middle = _decompress(packed, new, length) if packed else b""
        if len(middle) != length:
            raise ValueError(f"{len(middle)} bytes instead of {length}")
    except (KeyError, TypeError, ValueError, binascii.Error, zstd.ZstdError) as error:
        raise CorruptObjectError(f"a delta cannot be applied: {error}") from error
    return b"".join((new[:prefix], middle, new[len(new) - suffix :]))


def bounded_decompress(data: bytes, limit: int) -> bytes:
    """Decompress at most `limit` bytes, whatever size the frame claims (zip bombs).

    Raises: zstandard.ZstdError for a bad or truncated frame and for more than `limit` bytes.
    """
    return _read(zstd.ZstdDecompressor(), data, limit)


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
    return _read(decompressor, packed, limit)


def _dictionary(data: bytes) -> zstd.ZstdCompressionDict:
    return zstd.ZstdCompressionDict(data, dict_type=zstd.DICT_TYPE_RAWCONTENT)


def _read(decompressor: zstd.ZstdDecompressor, data: bytes, limit: int) -> bytes:
    # max_output_size is ignored when the frame carries its own size, so the size is checked,
    # and the output is read in a stream that stops.
    with decompressor.stream_reader(data) as reader:
        result = reader.read(limit + 1)
    if len(result) > limit:
        raise zstd.ZstdError(f"more than {limit} bytes")
    if len(result) != zstd.frame_content_size(data):
        raise zstd.ZstdError("truncated frame")
    return result


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
