"""A second reader of packed documents, written from docs/storage-format.md with `zstandard` only.

It shares no line with the library, so that a mistake in one of them is seen.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

import zstandard as zstd


class SecondReader:
    """Reads the document `key` by `get`, which gives the stored bytes of a name."""

    def __init__(self, get: Callable[[str], bytes], key: str) -> None:
        self.get, self.key = get, key
        raw = get(key)
        assert raw[:5] == b"\xd6igd\x01"
        self.head, self.newest = split(raw[5:])
        assert (self.head["format"], self.head["key"]) == ("ingenious.document/1", key)

    def data(self, number: int) -> bytes:
        """The stored bytes of a revision, from what the head says alone: without a listing."""
        entries, data = self.beginning(number)
        while (newest := entries.pop())["number"] > number:
            if not entries:
                entries = self.segment(self.before(newest["number"]))[0]["entries"]
            data = undone(data, newest["delta"], entries[-1]["size"])
        assert hashlib.sha256(data).hexdigest() == newest["sha256"]
        return data

    def beginning(self, number: int) -> tuple[list[Any], bytes]:
        """Entries with deltas down to `number` or to where a segment goes on, and the data."""
        recent = self.head["recent"]
        whole = [place for place, entry in enumerate(recent) if "delta" not in entry]
        here = recent[whole[-1] :] if whole else recent
        if number >= here[0]["number"]:
            return list(here), self.newest
        keyframes = [each[:2] for each in self.head["segments"] if each[2] and each[0] >= number]
        if not keyframes:
            return list(here[1:] if whole else here), self.newest
        record, data = self.segment(keyframes[0])
        assert record["whole"] is True
        return record["entries"], data

    def before(self, number: int) -> list[Any]:
        older: list[list[Any]] = [each for each in self.head["segments"] if each[0] < number]
        return older[-1][:2]

    def segment(self, name: list[Any]) -> tuple[Any, bytes]:
        number, write_id = name
        record, data = split(self.get(f"history/{self.key}/{number:010d}-{write_id}"))
        assert (record["format"], record["key"]) == ("ingenious.segment/1", self.key)
        assert [record["number"], record["write_id"]] == name
        assert record["encoding"] == self.head["encoding"]
        return record, data


def split(frame: bytes) -> tuple[Any, bytes]:
    content = zstd.ZstdDecompressor().decompress(frame)
    end = 4 + int.from_bytes(content[:4], "big")
    return json.loads(content[4:end]), content[end:]


def undone(new: bytes, delta: Any, size: int) -> bytes:
    middle = base64.b64decode(delta["middle"])
    if middle:
        dictionary = zstd.ZstdCompressionDict(new, dict_type=zstd.DICT_TYPE_RAWCONTENT)
        middle = zstd.ZstdDecompressor(dictionary, max_window_size=2**27).decompress(middle)
    old = new[: delta["prefix"]] + middle + new[len(new) - delta["suffix"] :]
    assert len(old) == size
    return old
