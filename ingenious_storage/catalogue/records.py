"""Records of the catalogue: what it holds of a document, what is asked, and what is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, NamedTuple, get_args

from ingenious_storage.config import Role
from ingenious_storage.errors import StorageError

DocumentKind = Literal["memory", "prompts", "label"]
"""A memory by its conversation id, a prompt set, or a label."""
KINDS: Final[tuple[DocumentKind, ...]] = get_args(DocumentKind)
CONTAINERS: Final[Mapping[DocumentKind, Role]] = {
    "memory": "data",
    "prompts": "revisions",
    "label": "revisions",
}
"""The container of each kind: whoever may read it may find what is in it."""


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


class Hit(NamedTuple):
    """One document that was found. A tuple, since making a dataclass takes four times as long."""

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
    """Of when these are, at least: the beginning of the last sync that came to its end; None
    before the first."""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did."""

    listed: int
    read: int
    removed: int
    damaged: int
    """Documents that cannot be read; they keep the row that they had, if any."""
    unreadable: tuple[str, ...]
    """Keys of the first of them, and that of a published snapshot that could not be used."""
    refused: Mapping[Role, StorageError]
    """Containers that this identity may not read, never all: their rows stay."""
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
    """Whether the last sync that was begun came to its end."""


@dataclass(frozen=True, slots=True)
class Published:
    """A snapshot in the container."""

    key: str
    bytes: int
    documents: int
    synced_at: datetime
    """Of when its rows are, at least."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was taken out of the catalogue."""

    documents: int | None
    """Of the index of this machine; None without one."""
    snapshots: tuple[str, ...]
    """Keys of the published snapshots that were deleted."""
