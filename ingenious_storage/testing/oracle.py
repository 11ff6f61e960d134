"""Oracle: a second pair of eyes for the contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Oracle(Protocol):
    """A view of the same container that does not pass through the backend under test.

    It reads and writes the store's own files or requests; for a layer, the backend below it.
    """

    def read(self, key: str) -> bytes | None:
        """The bytes of a blob, None when there is none."""

    def write(self, key: str, data: bytes) -> None:
        """Put a blob as some other program would."""

    def keys(self) -> set[str]:
        """All keys of the container."""


class TransformOracle:
    """What lies behind a transform layer, decoded; `stored` sees it as the store has it.

    `encode` and `decode` take (key, data). They are to be written a second time, from the format
    and without the layer's own code.
    """

    def __init__(
        self,
        stored: Oracle,
        encode: Callable[[str, bytes], bytes],
        decode: Callable[[str, bytes], bytes],
    ) -> None:
        self._stored, self._encode, self._decode = stored, encode, decode

    def read(self, key: str) -> bytes | None:
        """The bytes as they were before the layer encoded them."""
        data = self._stored.read(key)
        return None if data is None else self._decode(key, data)

    def write(self, key: str, data: bytes) -> None:
        """Store `data` as the layer would."""
        self._stored.write(key, self._encode(key, data))

    def keys(self) -> set[str]:
        """All keys."""
        return self._stored.keys()
