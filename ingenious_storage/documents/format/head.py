"""The head: one blob with a document's newest revision whole, and its recent history.

Format: docs/storage-format.md. Fields that this release does not know are kept when it writes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, cast

import orjson

from ingenious_storage.documents.format import packed
from ingenious_storage.documents.format.delta import make_delta
from ingenious_storage.documents.format.encoding import JSON, Encoding
from ingenious_storage.documents.format.index import copies, indexed, with_sealed
from ingenious_storage.documents.format.purges import Purges
from ingenious_storage.documents.format.records import (
    Entry,
    HeadFields,
    Sealed,
    without_delta,
)
from ingenious_storage.documents.format.revision import Note, Revision, RevisionId

FORMAT: Final = "ingenious.document/1"
KEPT_AFTER_SEAL: Final = 19
"""Entries that stay readable in the head without their deltas, so that history(20) is one GET."""

DATA_MARK: Final = b',"data":'
OPENING: Final = b'{"sha256":"%s",\n'
"""Of a head in JSON, with the SHA-256 of what is up to the data."""


@dataclass(frozen=True, slots=True)
class Head:
    """A head as it is stored: `fields` are all but the data, `data` are the stored bytes."""

    fields: HeadFields
    data: bytes = field(repr=False)
    etag: str | None = None
    _newest: list[Revision] = field(default_factory=list, init=False, repr=False, compare=False)
    """Made when it is asked for: a head that is remembered is read many times."""

    @property
    def key(self) -> str:
        """The key of the blob: a record that was moved is refused."""
        return self.fields["key"]

    @property
    def name(self) -> str:
        """The document's own name, such as a conversation id."""
        return self.fields["name"]

    @property
    def number(self) -> int:
        """Of the newest revision."""
        return self.fields["number"]

    @property
    def write_id(self) -> str:
        """Of the newest revision."""
        return self.fields["write_id"]

    @property
    def id(self) -> RevisionId:
        """Of the newest revision."""
        return RevisionId.of(self.fields)

    @property
    def first(self) -> int:
        """The oldest revision that is kept."""
        return self.fields["first"]

    @property
    def deleted(self) -> bool:
        """Whether the newest revision is a deletion."""
        return self.fields["deleted"]

    @property
    def origin(self) -> str | None:
        """The write_id of revision 1: another one when the document was purged in between."""
        return self.fields.get("origin")

    @property
    def encoding(self) -> str:
        """The name of the data's encoding."""
        return self.fields.get("encoding", JSON.name)

    @property
    def content_type(self) -> str:
        """Of the blob."""
        return "application/octet-stream" if "encoding" in self.fields else "application/json"

    @property
    def index(self) -> Sequence[tuple[RevisionId, bool]]:
        """The segments that are known without a listing: `format.index`."""
        return indexed(self.fields)

    @property
    def purged(self) -> bool:
        """Whether this is what a purge left: nothing to read, and a new document goes on top."""
        return self.fields["deleted"] and self.fields["number"] == 1

    @property
    def purges(self) -> Purges:
        """The documents that were purged at this key before."""
        return Purges.of(self.fields.get("purges"))

    @property
    def over(self) -> str | None:
        """The ETag of the purge tombstone that this document began over, None for none."""
        return self.fields.get("over")

    @property
    def rewritten(self) -> Sequence[str]:
        """The ids of the newest rewrites of its history, oldest first."""
        return self.fields.get("rewritten", ())

    def withdraws(self, number: int) -> bool:
        """Whether this revision is about to be erased."""
        ranges = self.fields.get("withdrawn", {}).get("ranges", ())
        return any(first <= number <= last for first, last in ranges)

    @property
    def cuts(self) -> Sequence[str]:
        """The ids of the newest cuts of its history by prunes, oldest first."""
        return self.fields.get("cuts", ())

    @property
    def recent(self) -> Sequence[Entry]:
        """Oldest first; those up to `sealed_number` are copies without a delta."""
        return self.fields["recent"]

    @property
    def sealed(self) -> Sealed | None:
        """The newest segment, None when there is none."""
        return self.fields["sealed"]

    @property
    def sealed_number(self) -> int:
        """The newest revision that is in a segment, 0 when none is."""
        return self.sealed["number"] if self.sealed else 0

    @property
    def unsealed(self) -> Sequence[Entry]:
        """The entries that no segment holds, oldest first."""
        sealed = self.sealed_number
        return [entry for entry in self.recent if entry["number"] > sealed]

    @property
    def lowest_here(self) -> int:
        """The oldest revision whose data the deltas in the head lead to."""
        lowest = self.number
        for entry in reversed(self.recent):
            if entry.get("delta") is None or entry["number"] == self.recent[0]["number"]:
                break
            lowest = entry["number"] - 1
        return lowest

    @property
    def revision(self) -> Revision:
        """The newest."""
        if not self._newest:
            self._newest.append(Revision.of_entry(self.recent[-1]))
        return self._newest[0]

    def encode(self) -> bytes:
        """The blob: a SHA-256 first, of the bytes from behind its line break up to the data.

        The line break shows that the SHA-256 is not stale: a release that does not know
        it keeps the field when it writes, but never writes a line break. A head whose data are not
        JSON is packed, and its frame has a checksum.
        """
        if "encoding" in self.fields:
            return packed.pack(self.fields, self.data)
        covered = orjson.dumps(self.fields)[1:-1] + DATA_MARK
        return b"".join((OPENING % digest(covered).encode(), covered, self.data, b"}"))


def visible(head: Head | None) -> Head | None:
    """What a caller sees of it: nothing of what a purge left."""
    return None if head is None or head.purged else head


def is_rewritten(before: Head, now: Head) -> bool:
    """Whether the history of a document was rewritten since `before`: all its segments are new."""
    return bool(now.rewritten) and now.rewritten[-1] not in before.rewritten


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class Draft:
    """The next revision, before it is known on top of which head it goes."""

    data: bytes
    note: Note
    deleted: bool = False


def advance(
    head: Head | None,
    draft: Draft,
    *,
    key: str,
    name: str,
    write_id: str,
    created_at: datetime,
    sealed: Sealed | None,
    purges: Purges | None = None,
    over: str | None = None,
    encoding: Encoding = JSON,
    cut: bool = False,
) -> Head:
    """The head with `draft` on top; `sealed` says what was sealed just before, if anything.

    `cut`: it was not, and what is older than `draft` goes, as after a prune.
    `purges`: what a new document has to remember of those before it.
    `over`: the ETag of the tombstone that it goes on top of.
    """
    number = 1 if head is None else head.number + 1
    entry: Entry = {
        "number": number,
        "write_id": write_id,
        "created_at": created_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "author": draft.note.author,
        "message": draft.note.message,
        "tags": list(draft.note.tags),
        "size": len(draft.data),
        "sha256": digest(draft.data),
        "deleted": draft.deleted,
        "delta": None if head is None else make_delta(head.data, draft.data),
    }
    new = _new_fields(write_id, purges, over, encoding) if head is None else head.fields
    recent, changed = _carried(head, sealed, cut=cut)
    fields = {
        "format": FORMAT,
        "key": key,
        "name": name,
        # Those that this release does not know are among them, and stay.
        **new,
        "number": number,
        "write_id": write_id,
        "first": 1 if head is None else head.first,
        "deleted": draft.deleted,
        "recent": [*recent, entry],
        "sealed": sealed if sealed is not None or head is None else head.sealed,
        **changed,
    }
    return Head(cast(HeadFields, fields), draft.data)


def _new_fields(
    write_id: str, purges: Purges | None, over: str | None, encoding: Encoding
) -> dict[str, Any]:
    """What stays in all heads of a document."""
    new: dict[str, Any] = {"origin": write_id}
    if purges:
        new["purges"] = purges.json()
    if over is not None:
        new["over"] = over
    if encoding is not JSON:
        new["encoding"] = encoding.name
    return new


def _carried(
    head: Head | None, sealed: Sealed | None, *, cut: bool
) -> tuple[list[Entry], dict[str, Any]]:
    """What stays of `recent` below the next entry, and which fields change besides."""
    if head is None:
        return [], {}
    if cut:
        return [], {"first": head.number + 1}
    if sealed is None:
        return [*head.recent], {}
    recent = head.recent[-KEPT_AFTER_SEAL:]
    if head.encoding == JSON.name:
        return [without_delta(kept) for kept in recent], {}
    return copies(recent), {"segments": with_sealed(head.fields, sealed)}
