"""Records of the catalogue: what it holds of a document, what is asked, and what is found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, get_args

DocumentKind = Literal["memory", "prompts", "label"]
"""A memory by its conversation id, a prompt set, or a label."""
KINDS: Final[tuple[DocumentKind, ...]] = get_args(DocumentKind)


@dataclass(frozen=True, slots=True)
class Row:
    """One document, as its newest revision is."""

    kind: DocumentKind
    key: str
    """Of its blob."""
    etag: str
    """Of its blob when it was read: what tells that it has changed."""
    name: str
    revision: int
    changed: datetime
    """When its newest revision was made, by the clock of who wrote it."""
    author: str | None
    message: str | None
    tags: tuple[str, ...]
    size: int
    """Bytes of the data as JSON."""
    deleted: bool
    text: str
    """All that is said in it, in its order: what words are looked for in."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for; all that is given must fit.

    `words` is as people type it: words, "a phrase", a prefix*, and `tag:`, `author:`, `after:`,
    `before:` and `kind:`, which are the same as the fields of that name.
    """

    words: str = ""
    kind: DocumentKind | None = None
    tags: tuple[str, ...] = ()
    author: str | None = None
    after: datetime | None = None
    """Changed at this time or later."""
    before: datetime | None = None
    """Changed before this time."""
    deleted: bool = False
    """Whether deleted documents are looked at too."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One document that was found."""

    kind: DocumentKind
    name: str
    revision: int
    changed: datetime
    author: str | None
    message: str | None
    tags: tuple[str, ...]
    size: int
    deleted: bool
    excerpt: tuple[tuple[str, bool], ...]
    """A passage of its text in pieces, each with whether it is one of the words."""


@dataclass(frozen=True, slots=True)
class Results:
    """What a search found, best first."""

    hits: tuple[Hit, ...]
    more: bool
    """Whether there are more than these."""
    synced_at: datetime | None
    """Of when these are: the end of the last sync, None before the first."""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did."""

    listed: int
    read: int
    removed: int
    unreadable: tuple[str, ...]
    """Keys of documents that are damaged; they keep the row that they had, if any."""
    from_snapshot: bool
    """Whether it began with a snapshot that somebody had published."""


@dataclass(frozen=True, slots=True)
class CatalogueStatus:
    """What the index holds."""

    path: Path
    documents: int
    """Also those that are deleted."""
    bytes: int
    synced_at: datetime | None
    complete: bool
    """Whether the last sync came to its end."""


@dataclass(frozen=True, slots=True)
class Published:
    """A snapshot in the container."""

    key: str
    bytes: int
    documents: int
    synced_at: datetime
