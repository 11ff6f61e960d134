"""The head: one blob with a document's newest revision whole, and its recent history.

Format: docs/storage-format.md. Fields that this release does not know are kept when it writes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from ingenious_storage import jsondata
from ingenious_storage.arguments import items_of
from ingenious_storage.documents.format.delta import make_delta
from ingenious_storage.documents.format.fields import check_head
from ingenious_storage.documents.format.purges import Purges
from ingenious_storage.errors import CorruptObjectError, ObjectTooLargeError, UnsupportedFormatError

FORMAT: Final = "ingenious.document/1"
MAX_NOTE_BYTES: Final = 1024 * 1024
"""Bound of author, message and tags as JSON: 32 of them have to fit into a segment."""
KEPT_AFTER_SEAL: Final = 19
"""Entries that stay readable in the head without their deltas, so that history(20) is one GET."""

Entry = Mapping[str, Any]
_DATA_MARK: Final = b',"data":'
_OPENING: Final = b'{"sha256":"%s",\n'
_OPENING_LENGTH: Final = len(_OPENING % b"") + 64


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


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of a document, without its data. `number` counts from 1 without a gap."""

    number: int
    created_at: datetime
    """UTC, by the clock of who wrote it: informative, never used for order."""
    author: str | None
    message: str | None
    tags: tuple[str, ...]
    size: int
    """Bytes of the data as JSON."""
    sha256: str
    """Of the data bytes, in hex."""
    write_id: str
    deleted: bool = False

    @classmethod
    def of(cls, entry: Entry) -> Revision:
        return cls(
            number=entry["number"],
            created_at=datetime.fromisoformat(entry["created_at"]),
            author=entry["author"],
            message=entry["message"],
            tags=tuple(entry["tags"]),
            size=entry["size"],
            sha256=entry["sha256"],
            write_id=entry["write_id"],
            deleted=entry["deleted"],
        )


@dataclass(frozen=True, slots=True)
class Head:
    """A head as it is stored: `fields` are all but the data, `data` are the stored bytes."""

    fields: Mapping[str, Any]
    data: bytes = field(repr=False)
    etag: str | None = None

    @property
    def key(self) -> str:
        return str(self.fields["key"])

    @property
    def number(self) -> int:
        return int(self.fields["number"])

    @property
    def write_id(self) -> str:
        return str(self.fields["write_id"])

    @property
    def first(self) -> int:
        return int(self.fields["first"])

    @property
    def deleted(self) -> bool:
        return bool(self.fields["deleted"])

    @property
    def origin(self) -> str | None:
        """The write_id of revision 1: another one when the document was purged in between."""
        return self.fields.get("origin")

    @property
    def purged(self) -> bool:
        """Whether this is what a purge left: nothing to read, and a new document goes on top."""
        return self.deleted and self.number == 1

    @property
    def purges(self) -> Purges:
        """The documents that were purged at this key before."""
        return Purges.of(self.fields.get("purges"))

    @property
    def recent(self) -> Sequence[Entry]:
        """Oldest first; those up to `sealed_number` are copies without a delta."""
        return self.fields["recent"]  # type: ignore[no-any-return]

    @property
    def sealed(self) -> Mapping[str, Any] | None:
        return self.fields["sealed"]  # type: ignore[no-any-return]

    @property
    def sealed_number(self) -> int:
        return int(self.sealed["number"]) if self.sealed else 0

    @property
    def unsealed(self) -> Sequence[Entry]:
        sealed = self.sealed_number
        return [entry for entry in self.recent if entry["number"] > sealed]

    @property
    def revision(self) -> Revision:
        return Revision.of(self.recent[-1])

    def same_revision(self, other: Head | None) -> bool:
        return other is not None and (self.number, self.write_id) == (other.number, other.write_id)

    def encode(self) -> bytes:
        """The blob: a SHA-256 first, of the bytes from behind its line break up to the data.

        The line break is what tells that the SHA-256 is not stale: a release that does not know
        it keeps the field when it writes, but never writes a line break.
        """
        covered = orjson.dumps(self.fields)[1:-1] + _DATA_MARK
        return b"".join((_OPENING % digest(covered).encode(), covered, self.data, b"}"))


def visible(head: Head | None) -> Head | None:
    """What a caller sees of it: nothing of what a purge left."""
    return None if head is None or head.purged else head


def parse_head(raw: bytes, *, key: str, etag: str | None, checked: bool = True) -> Head:
    """Read and check a head; without `checked`, all but the SHA-256 of its fields.

    Raises: CorruptObjectError when it is not what was written under `key`;
    UnsupportedFormatError for a newer format.
    """
    fields = jsondata.loads(raw, key=key)
    check_format(fields, FORMAT, key)
    try:
        if fields["key"] != key:
            raise CorruptObjectError("this record was moved here from another key", key=key)
        del fields["data"]
        check_head(fields)
        start = len(raw) - 1 - fields["recent"][-1]["size"]
        data = raw[start:-1]
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise CorruptObjectError(f"not a document: {error}", key=key) from None
    if not raw.endswith(_DATA_MARK, 0, start) or digest(data) != fields["recent"][-1]["sha256"]:
        raise CorruptObjectError("the data does not match its SHA-256", key=key)
    if checked and not _fields_are_whole(raw, start):
        raise CorruptObjectError("the fields do not match their SHA-256", key=key)
    fields.pop("sha256", None)
    return Head(fields, data, etag)


def _fields_are_whole(raw: bytes, data_start: int) -> bool:
    """Also when no SHA-256 stands there: the first builds of 0.1.0 wrote none."""
    if raw[_OPENING_LENGTH - 1 : _OPENING_LENGTH] != b"\n":
        return True
    covered = digest(raw[_OPENING_LENGTH:data_start])
    return raw.startswith(_OPENING % covered.encode())


def check_format(fields: Any, known: str, key: str) -> None:
    """Raises: CorruptObjectError, UnsupportedFormatError."""
    found = fields.get("format") if isinstance(fields, dict) else None
    if found == known:
        return
    family = known.rpartition("/")[0] + "/"
    if isinstance(found, str) and found.startswith(family):
        raise UnsupportedFormatError(f"format {found!r}, this release reads {known!r}", key=key)
    raise CorruptObjectError(f"this is no {known!r} record", key=key)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class Change:
    """The next revision, before it is known on top of which head it goes."""

    data: bytes
    write_id: str
    created_at: datetime
    note: Note
    deleted: bool = False


def advance(
    head: Head | None,
    change: Change,
    *,
    key: str,
    name: str,
    sealed: Mapping[str, Any] | None,
    purges: Purges | None = None,
) -> Head:
    """The head with `change` on top; `sealed` says what was sealed just before, if anything.

    `purges`: what a new document has to remember of those before it.
    """
    number = 1 if head is None else head.number + 1
    new: dict[str, Any] = {"origin": change.write_id}
    if purges:
        new["purges"] = purges.json()
    entry = {
        "number": number,
        "write_id": change.write_id,
        "created_at": change.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "author": change.note.author,
        "message": change.note.message,
        "tags": list(change.note.tags),
        "size": len(change.data),
        "sha256": digest(change.data),
        "deleted": change.deleted,
        "delta": None if head is None else make_delta(head.data, change.data),
    }
    recent: list[Entry] = [] if head is None else list(head.recent)
    if sealed is not None:
        recent = [without_delta(kept) for kept in recent[-KEPT_AFTER_SEAL:]]
    fields = {
        "format": FORMAT,
        "key": key,
        "name": name,
        **(new if head is None else head.fields),
        "number": number,
        "write_id": change.write_id,
        "first": 1 if head is None else head.first,
        "deleted": change.deleted,
        "recent": [*recent, entry],
        "sealed": sealed if sealed is not None or head is None else head.sealed,
    }
    return Head(fields, change.data)


def without_delta(entry: Entry) -> Entry:
    return {name: value for name, value in entry.items() if name != "delta"}
