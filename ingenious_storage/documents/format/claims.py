"""Claims: write_ids that say which call they are of, so that a call that is repeated finds itself.

Such a write_id has 32 hex digits: 16 of the token that the caller gave, 8 of the content that it
meant to write, and 8 random ones, since no two calls may share a write_id. Others have 16.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ingenious_storage.documents.format.records import Entry

_LENGTH: Final = 32
_TOKEN: Final = 16
_CONTENT: Final = 8


@dataclass(frozen=True, slots=True)
class Claim:
    """What all repetitions of one call have in common."""

    token: str
    content: str

    @classmethod
    def of(cls, *call: str | int, content: bytes) -> Claim:
        """Of what tells the call from all others, and of what it writes."""
        named = hashlib.sha256()
        for part in call:
            text = str(part).encode("utf-8", "surrogatepass")
            named.update(b"%d:%s," % (len(text), text))
        written = hashlib.sha256(content).hexdigest()
        return cls(named.hexdigest()[:_TOKEN], written[:_CONTENT])

    def write_id(self) -> str:
        """A new one."""
        random = secrets.token_hex((_LENGTH - _TOKEN - _CONTENT) // 2)
        return f"{self.token}{self.content}{random}"

    def fits(self, write_id: str) -> bool:
        """Whether a revision was written by this call, for a `write_id` that has its token."""
        return write_id.startswith(self.content, _TOKEN)


def token_of(write_id: str | None) -> str | None:
    """The token's part of a write_id; None of one that has no token."""
    return write_id[:_TOKEN] if write_id and len(write_id) == _LENGTH else None


def tokens_of(entries: Iterable[Entry]) -> tuple[str, ...]:
    """The tokens that these revisions were written with."""
    return tuple(token for entry in entries if (token := token_of(entry["write_id"])))
