"""Layout record: the blob in each shard that says which shards it is one of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import orjson

from ingenious_storage.errors import CorruptObjectError, UnsupportedFormatError

KEY: Final = ".sharding.json"
"""Where it lies in each shard. Through the sharded store nobody reads, writes or lists it."""
FORMAT: Final = "ingenious.shard/1"
_FAMILY: Final = FORMAT.partition("/")[0]


@dataclass(frozen=True, slots=True)
class LayoutRecord:
    """What one shard says of itself."""

    layout: str
    """Drawn once for all shards: tells two stores apart whose shards have the same names."""
    name: str
    shards: tuple[str, ...]
    """The names of all shards, sorted."""
    complete: bool
    """In the first shard: whether every other one has its record too."""

    def encode(self) -> bytes:
        """As it is stored."""
        return orjson.dumps(
            {
                "format": FORMAT,
                "layout": self.layout,
                "name": self.name,
                "shards": self.shards,
                "complete": self.complete,
            }
        )


def parse(data: bytes) -> LayoutRecord:
    """Raises: CorruptObjectError; UnsupportedFormatError for one of a newer release."""
    try:
        found: Any = orjson.loads(data)
        kind = found["format"]
    except (ValueError, TypeError, KeyError):
        raise _corrupt() from None
    if kind != FORMAT:
        if isinstance(kind, str) and kind.startswith(f"{_FAMILY}/"):
            raise UnsupportedFormatError("a layout record of another format", key=KEY)
        raise _corrupt()
    layout, name, complete = found.get("layout"), found.get("name"), found.get("complete")
    shards = found.get("shards")
    texts = [layout, name, *shards] if isinstance(shards, list) else [None]
    if not all(isinstance(text, str) for text in texts) or not isinstance(complete, bool):
        raise _corrupt()
    return LayoutRecord(layout, name, tuple(shards), complete)


def _corrupt() -> CorruptObjectError:
    return CorruptObjectError(
        "not the record of a shard's layout",
        key=KEY,
        hint="Restore this blob from a version or a backup; the other shards have the same but for "
        "the name.",
    )
