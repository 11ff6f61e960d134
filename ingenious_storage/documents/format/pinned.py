"""A revision by its number, or by its number and lineage."""

from __future__ import annotations

from typing import Protocol

from ingenious_storage.documents.format.head import Head
from ingenious_storage.errors import ConflictError


class Pinned(Protocol):
    """One revision of one lineage: a `Revision`, or a label."""

    @property
    def number(self) -> int: ...

    @property
    def write_id(self) -> str: ...


def require(key: str, head: Head | None, expected: int | Pinned | None) -> None:
    """Raises: ConflictError unless `expected` is the newest revision; 0 expects no document."""
    if expected is None:
        return
    if isinstance(expected, int):
        wanted, agrees = expected, expected == (0 if head is None else head.number)
    else:
        wanted = expected.number
        agrees = head is not None and (head.number, head.write_id) == (wanted, expected.write_id)
    if not agrees:
        raise ConflictError(f"expected {_revision(wanted)}, found {_found(head)}", key=key)


def _revision(number: int) -> str:
    return f"revision {number}" if number else "no document"


def _found(head: Head | None) -> str:
    return "nothing" if head is None else f"revision {head.number}"
