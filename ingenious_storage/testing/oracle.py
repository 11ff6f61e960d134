"""A second pair of eyes for the contract."""

from __future__ import annotations

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
