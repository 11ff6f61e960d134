"""Revisions: the id of one, and what is known of it besides its data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ingenious_storage import jsondata
from ingenious_storage.arguments import items_of, of_kind
from ingenious_storage.documents.format.records import Entry, RevisionIdRecord
from ingenious_storage.errors import ObjectTooLargeError

MAX_NOTE_BYTES: Final = 1024 * 1024
"""Bound of author, message and tags as JSON: 32 of them have to fit into a segment."""


@dataclass(frozen=True, slots=True, order=True)
class RevisionId:
    """One revision of one lineage, as `expected=` and `revision=` take it.

    Numbers alone are not unique: a document that was purged and made again counts from 1 anew, and
    so does a branch that begins with a head from a backup.
    """

    number: int
    """Counts from 1 without a gap."""
    write_id: str
    """Of the call that wrote it, in hex; unique."""

    @classmethod
    def of(cls, record: RevisionIdRecord) -> RevisionId:
        """The id in an entry, a head or a pointer to a segment."""
        return RevisionId(record["number"], record["write_id"])

    @property
    def id(self) -> RevisionId:
        """The id alone, of a `Revision` or a `Label` too: what compares."""
        return RevisionId(self.number, self.write_id)

    def json(self) -> RevisionIdRecord:
        """As it stands in heads and segments."""
        return {"number": self.number, "write_id": self.write_id}


def number_of(revision: int | RevisionId) -> int:
    """The number, of whichever of the two a caller has given. Raises: TypeError for another."""
    if isinstance(revision, int):
        return revision
    return of_kind(revision, RevisionId, "give a revision, its id, or its number").number


@dataclass(frozen=True, slots=True)
class Revision(RevisionId):
    """One revision of a document, without its data."""

    created_at: datetime
    """UTC, by the clock of who wrote it: informative, never used for order."""
    author: str | None
    message: str | None
    tags: tuple[str, ...]
    size: int
    """Bytes of the data as JSON."""
    sha256: str
    """Of the data bytes, in hex."""
    deleted: bool = False
    erased: bool = False
    """A rewrite took it out: a deleted revision of which only this is left; `size` is 0 then."""

    @classmethod
    def of_entry(cls, entry: Entry) -> Revision:
        """The revision that an entry of a head or a segment describes."""
        erased = entry.get("erased", False)
        return cls(
            number=entry["number"],
            write_id=entry["write_id"],
            created_at=datetime.fromisoformat(entry["created_at"]),
            author=entry["author"],
            message=entry["message"],
            tags=tuple(entry["tags"]),
            size=0 if erased else entry["size"],
            sha256="" if erased else entry["sha256"],
            deleted=entry["deleted"],
            erased=erased,
        )


@dataclass(frozen=True, slots=True)
class Note:
    """What people say about a revision."""

    author: str | None = None
    message: str | None = None
    tags: Sequence[str] = ()


NO_NOTE: Final = Note()


def note(
    author: str | None = None, message: str | None = None, tags: Iterable[str] | None = None
) -> Note:
    """A checked Note. Raises: InvalidDataError, ObjectTooLargeError, TypeError."""
    given = () if tags is None else items_of(tags, what="tags", such_as='["reviewed"]')
    made = Note(author, message, tuple(given))
    size = 0
    for text in (author or "", message or "", *made.tags):
        if not isinstance(text, str):
            raise TypeError(f"author, message and tags are text, not {type(text).__name__}")
        size += len(jsondata.dumps(text))
    if size > MAX_NOTE_BYTES:
        raise ObjectTooLargeError(
            f"author, message and tags of {size} bytes, the limit is {MAX_NOTE_BYTES}",
            hint="Say less about the revision, or store it in the document.",
        )
    return made
