"""Bare: all that lies behind a store, unpacked, to look for what must not be there any more."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from hashlib import sha256
from string import ascii_letters
from typing import Any

import orjson
import zstandard as zstd

from ingenious_storage.backends.base import Backend
from ingenious_storage.documents.format import packed

_MIDDLE = re.compile(rb'"middle":"([A-Za-z0-9+/=]+)"')
WORDS = [f"{end}{sha256(end.encode()).hexdigest()[:12]}{end}" for end in ascii_letters]
"""Markers, one for each revision, of which no two begin or end alike. So a delta has all of it, and
as it is: zstd compresses no literals below 63 bytes."""


def bare(backend: Backend) -> bytes:
    """Each blob, decompressed, the frames of its deltas, and all revisions that it leads to."""
    raws = (backend.get(info.key).data for info in backend.iterate())
    return b"\n".join(part for raw in raws for part in _opened(raw))


def words_in(backend: Backend) -> set[str]:
    """The markers that are found there."""
    everything = bare(backend)
    return {word for word in WORDS if word.encode() in everything}


def _opened(raw: bytes) -> Iterator[bytes]:
    frame = raw[5:] if packed.is_packed(raw) else raw
    if frame.startswith(b"\x28\xb5\x2f\xfd"):
        raw = zstd.ZstdDecompressor().decompress(frame)
    yield raw
    yield from map(base64.b64decode, _MIDDLE.findall(raw))
    if packed.is_joined(raw):
        record, data = packed.split(raw, key="")
        if record.get("whole", True):
            entries = record.get("entries") or record["recent"]
            yield from _revisions([*record.get("overlap", ()), *entries], data)
    elif raw.startswith(b"{") and b',"data":' in raw:
        record = orjson.loads(raw)
        entries = record.get("entries") or record["recent"]
        yield from _revisions(entries, raw[-1 - entries[-1]["size"] : -1])


def _revisions(entries: list[Any], data: bytes) -> Iterator[bytes]:
    """From the newest down, also the one that the oldest delta leads to."""
    for entry in reversed(entries):
        yield data
        delta = entry.get("delta")
        if delta is None:
            return
        middle = base64.b64decode(delta["middle"])
        if middle:
            dictionary = zstd.ZstdCompressionDict(data, dict_type=zstd.DICT_TYPE_RAWCONTENT)
            middle = zstd.ZstdDecompressor(dictionary, max_window_size=2**27).decompress(middle)
        data = data[: delta["prefix"]] + middle + data[len(data) - delta["suffix"] :]
