"""Secret: a key in memory that no repr, log, traceback with local variables or pickle shows.

Whoever needs the bytes calls `reveal` inside an argument list, so that no local variable of a
frame that may raise ever holds them.
"""

from __future__ import annotations

import hmac
from typing import Final

from ingenious_storage.runtime.unpickled import Value


class Secret(Value):
    """The bytes of one key."""

    __slots__ = ("_raw",)

    def __init__(self, raw: bytes) -> None:
        self._raw: Final = raw

    def reveal(self) -> bytes:
        """The bytes, for an argument of the function that needs them."""
        return self._raw

    def __len__(self) -> int:
        return len(self._raw)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._raw, other._raw)

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"Secret({len(self._raw)} bytes)"
