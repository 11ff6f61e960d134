"""Placement: which shard a blob lies in. It is a format: docs/scale.md has it with test vectors.

Rendezvous hashing: each shard draws a number for a document, and the highest has it. So the order
of the shards does not matter, nobody keeps a table, and a shard that is added takes documents from
all others and moves none among them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

_OF_DOCUMENTS: Final = ("history/", "deleted/", "keys/documents/")
_SHAPES: Final = (
    re.compile(r"history/(.+)/[0-9]{10}-[0-9a-f]+"),
    re.compile(r"deleted/(.+)"),
    re.compile(r"keys/documents/(.+)"),
)
_HASHED_RECORD: Final = re.compile(r"keys/documents/([0-9a-f]{64})\.sha256")
_REMEMBERED: Final = 4096


def digest_of(key: str) -> bytes:
    """The SHA-256 of the key of the document that the blob at `key` belongs to.

    Of a blob that belongs to none it is that of its own key. The name of a key record beyond 900
    bytes has this digest instead of the document's key.
    """
    if key.startswith(_OF_DOCUMENTS):
        if hashed := _HASHED_RECORD.fullmatch(key):
            return bytes.fromhex(hashed[1])
        found = next(filter(None, (shape.fullmatch(key) for shape in _SHAPES)), None)
        key = found[1] if found else key
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


class Placement:
    """The shards of one layout, by their names."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(sorted(names))
        self._encoded = tuple((name.encode(), name) for name in self.names)
        self.shard_of = lru_cache(_REMEMBERED)(self.find)
        """As `find`, and remembers some thousand keys."""

    def find(self, key: str) -> str:
        """The name of the shard that the blob at a key lies in."""
        digest, highest, found = digest_of(key), b"", ""
        for raw, name in self._encoded:
            number = hashlib.sha256(digest + raw).digest()
            if number > highest:
                highest, found = number, name
        return found
