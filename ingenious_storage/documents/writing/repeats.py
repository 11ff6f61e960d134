"""Repeats: the revision that a call has written already, when it is made again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from ingenious_storage.documents.format.claims import Claim, token_of
from ingenious_storage.documents.format.head import Head, visible
from ingenious_storage.documents.format.records import Entry
from ingenious_storage.documents.format.revision import Revision, RevisionId
from ingenious_storage.documents.format.segment import Segment
from ingenious_storage.documents.reader import Reader
from ingenious_storage.errors import IdempotencyKeyReusedError, NotFoundError
from ingenious_storage.runtime.byte_cache import ByteCache

REMEMBERED: Final = timedelta(hours=24)
"""How long a token is looked for in segments, which cost a request each."""
_CACHE_BYTES: Final = 8 * 1024 * 1024
_REVISION_BYTES: Final = 1024
"""About what one takes in memory."""


@dataclass(frozen=True, slots=True)
class _Past:
    """What a segment says of calls that had a token. Segments never change."""

    made: Mapping[str, Revision]
    """By token."""
    since: datetime
    """When the oldest of its revisions was written."""
    previous: RevisionId | None

    @classmethod
    def of(cls, segment: Segment) -> _Past:
        named = ((token_of(entry["write_id"]), entry) for entry in segment.entries)
        made = {token: Revision.of_entry(entry) for token, entry in named if token}
        return cls(made, _written_at(segment.entries[0]), segment.previous)


@dataclass(frozen=True, slots=True)
class Repeats:
    """Looks for what a call has written before, in the documents of one container."""

    reader: Reader
    clock: Callable[[], datetime]
    _segments: ByteCache[_Past] = field(default_factory=lambda: ByteCache(_CACHE_BYTES))

    def of(self, claim: Claim, head: Head | None) -> Revision | None:
        """The revision that this call has made, in what is there now; None when it made none.

        Raises: IdempotencyKeyReusedError when its token was used for another content;
        NotFoundError when what it has written was purged or erased; CorruptObjectError.
        """
        if head is None:
            return None
        for purged in head.purges.newest:
            if claim.token in (*purged.tokens, token_of(purged.origin)):
                raise NotFoundError("what this token has written was purged since", key=head.key)
        document = visible(head)
        found = self._find(claim, document) if document else None
        if found is not None and found.erased:
            raise NotFoundError("what this token has written was erased since", key=head.key)
        if found is not None and not claim.fits(found.write_id):
            raise IdempotencyKeyReusedError(
                f"this token was used for another content, by revision {found.number}",
                key=head.key,
            )
        return found

    def _find(self, claim: Claim, head: Head) -> Revision | None:
        for entry in reversed(head.recent):
            if token_of(entry["write_id"]) == claim.token:
                return Revision.of_entry(entry)
        oldest, since = head.recent[0], self.clock() - REMEMBERED
        if head.sealed is None or oldest["number"] <= head.first or _written_at(oldest) < since:
            return None
        return self._in_segments(claim, head, RevisionId.of(head.sealed), since)

    def _in_segments(
        self, claim: Claim, head: Head, newest: RevisionId, since: datetime
    ) -> Revision | None:
        at: RevisionId | None = newest
        while at is not None and at.number >= head.first:
            past = self._past(head.key, at)
            found = past.made.get(claim.token)
            if found is not None and found.number >= head.first:
                return found
            at = past.previous if past.since >= since else None
        return None

    def _past(self, key: str, newest: RevisionId) -> _Past:
        name = f"{key} {newest.number}-{newest.write_id}"
        held = self._segments.get(name)
        if held is None:
            held = _Past.of(self.reader.segment(key, newest))
            self._segments.put(name, held, _REVISION_BYTES * (1 + len(held.made)))
        return held


def _written_at(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry["created_at"])
