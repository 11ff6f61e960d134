"""What a commit is asked for: data to put on top of a head, decided by who sees that head."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ingenious_storage.documents.format.head import Head, Note


@dataclass(frozen=True, slots=True)
class Draft:
    """What a caller wants to be the next revision."""

    data: bytes
    note: Note
    deleted: bool = False


Decide = Callable[[Head | None], Draft | None]
"""What to put on top of a head; None when nothing has to change; raises what forbids it."""


@dataclass(frozen=True, slots=True)
class Start:
    """What is taken for the head at first: read just now, or only remembered or assumed."""

    head: Head | None
    fresh: bool
