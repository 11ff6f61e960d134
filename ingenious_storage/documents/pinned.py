"""A revision by its number, or by its number and lineage."""

from __future__ import annotations

from typing import Protocol

from ingenious_storage.documents.head import Head


class Pinned(Protocol):
    """One revision of one lineage: a `Revision`, or a label."""

    @property
    def number(self) -> int: ...

    @property
    def write_id(self) -> str: ...


def is_at(head: Head | None, expected: int | Pinned) -> bool:
    """Whether the newest revision is the expected one; 0 expects no document."""
    if isinstance(expected, int):
        return expected == (0 if head is None else head.number)
    return head is not None and (head.number, head.write_id) == (
        *(expected.number, expected.write_id),
    )


def describe(expected: int | Pinned) -> str:
    number = expected if isinstance(expected, int) else expected.number
    return f"revision {number}" if number else "no document"
