"""Commit: seal and swap one new revision on top of a head, and settle what became of it.

The rules are those of docs/storage-format.md, "Writing". A write whose outcome is unknown (its
answer was lost, it timed out) is settled before anything else is done.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal

from ingenious_storage.backends.base import IfAbsent, IfMatch, Lineage
from ingenious_storage.documents.format.claims import Claim
from ingenious_storage.documents.format.encoding import JSON, Encoding
from ingenious_storage.documents.format.head import (
    Draft,
    Head,
    advance,
    is_rewritten,
    visible,
)
from ingenious_storage.documents.format.records import Sealed
from ingenious_storage.documents.format.revision import Revision, RevisionId
from ingenious_storage.documents.format.segment import is_full, seal, sealed_field, segment_key
from ingenious_storage.documents.reader import Reader
from ingenious_storage.documents.telemetry import DocumentTelemetry
from ingenious_storage.documents.writing.decisions import Decide, Start
from ingenious_storage.documents.writing.fate import Fate, fate_of
from ingenious_storage.documents.writing.pauses import Pauses
from ingenious_storage.documents.writing.repeats import Repeats
from ingenious_storage.errors import (
    AlreadyExistsError,
    CommitUnknownError,
    ConflictError,
    CorruptObjectError,
    StorageError,
)
from ingenious_storage.runtime import deadlines

UNKNOWN_TRIES: Final = 3
"""How often the same record is sent without an answer."""


@dataclass(slots=True)
class Commit:
    """One call: its write_id stays the same however often it has to be sent."""

    reader: Reader
    telemetry: DocumentTelemetry
    clock: Callable[[], datetime]
    pauses: Pauses
    key: str
    name: str
    decide: Decide
    repeats: Repeats
    encoding: Encoding = JSON
    """Of a document that begins; any other keeps its own."""
    brief: bool = False
    """Whether revisions go where others are sealed."""
    claim: Claim | None = None
    """Of a call that may be a repetition."""
    write_id: str = field(init=False)
    created_at: datetime = field(init=False)
    """Of the newest decision: what is sent again stays the same, byte by byte."""
    pending: StorageError | None = None
    """A try that may still land: the head it was sent on top of is still there."""
    pending_tries: int = 0
    sealed: Head | None = None
    """The newest head that this call has sealed."""
    made_segment: bool = False
    """For certain, its segment was not there before."""
    base: Head | None = None
    """What this call's revision was sent on top of."""
    sent: Revision | None = None
    """The revision as it was sent on top of `base`."""
    lost_answer: bool = False
    """Whether any try may have landed without an answer that said so."""
    met_others: bool = False
    """Whether another writer was faster at any try."""
    repeated: Revision | None = None
    """What this call has written when it was made before."""
    outcome: Literal["landed", "resent", "withdrawn"] = "withdrawn"

    def __post_init__(self) -> None:
        self.write_id = self.claim.write_id() if self.claim else secrets.token_hex(8)

    def run(self, start: Start) -> Revision:
        """Write the revision; the one that is newest then.

        Each try either lands, or is shown not to have landed and not to be able to any more, or is
        sent again unchanged. Only then the next head is decided on: no revision is written twice.

        Raises: what the decision raises; ConflictError, CommitUnknownError.
        """
        head, draft = self._first(start)
        failure: StorageError | None = None
        for _ in self.pauses:
            if failure is not None:
                current = self._read(failure)
                landed = self._landed(current, failure)
                if landed is not None:
                    self.lost_answer, self.outcome = True, "landed"
                    return landed
                if _unchanged(head, current):
                    # It may still land, so nothing else may be sent: the same record again, which
                    # meets either this head or itself.
                    self._still_pending(failure)
                else:
                    # It was bound to an ETag that is gone.
                    self._give_up(current)
                    head, draft = self._decided(current)
            if draft is None:
                return self.repeated or _revision(head)
            answer = self._send(head, draft)
            if isinstance(answer, Revision):
                self.outcome = "resent"
                return answer
            failure = answer
            self.lost_answer = self.lost_answer or failure.outcome_unknown
        raise self._final(failure)

    def _first(self, start: Start) -> tuple[Head | None, Draft | None]:
        head = start.head
        if start.fresh:
            return self._decided(head)
        # A refusal or a "nothing to do" that rests on a remembered head has to be confirmed.
        refusal: Exception | None = None
        try:
            draft = self._decide(head)
            if draft is not None:
                return head, draft
        except Exception as error:  # noqa: BLE001  # raised again below, once it is confirmed
            refusal = error
        current = self.reader.read(self.key)
        if not _unchanged(head, current):
            return self._decided(current)
        if refusal is not None:
            raise refusal
        return head, None

    def _decided(self, head: Head | None) -> tuple[Head | None, Draft | None]:
        """What to write, and on top of what; again when history was erased under the decision."""
        for _ in self.pauses:
            try:
                return head, self._decide(head)
            except CorruptObjectError:
                current = self.reader.read(self.key)
                if _unchanged(head, current):
                    raise
                head = current
        raise ConflictError("its history was erased again and again", key=self.key)

    def _decide(self, head: Head | None) -> Draft | None:
        self.repeated = self.repeats.of(self.claim, head) if self.claim else None
        if self.repeated is not None:
            return None
        draft = self.decide(visible(head))
        if draft is not None:
            self.created_at = self.clock()
        return draft

    def _send(self, head: Head | None, draft: Draft) -> Revision | StorageError:
        """The revision when it is known to have landed, else why that is not known."""
        self.base, base = head, visible(head)
        try:
            new = self._advance(head, base, draft)
            self.sent = new.revision
            info = self.reader.files.save_bytes(
                self.key,
                new.encode(),
                content_type=new.content_type,
                condition=IfAbsent() if head is None else IfMatch(head.etag or ""),
                lineage=Lineage.BEGINS if base is None else Lineage.CONTINUES,
            )
        except (ConflictError, AlreadyExistsError) as error:
            return error
        except StorageError as error:
            if error.outcome_unknown:
                return error
            # This try was refused for certain, but one before it may still land.
            if self.pending is not None:
                raise self._unknown(self.pending) from error
            raise
        self.reader.remember(replace(new, etag=info.etag))
        return new.revision

    def _advance(self, head: Head | None, base: Head | None, draft: Draft) -> Head:
        # Sealed before the swap: a crash in between leaves an orphan, never a hole.
        full = base if base is not None and is_full(base) else None
        cut = full is not None and self.brief
        return advance(
            base,
            draft,
            key=self.key,
            name=self.name,
            write_id=self.write_id,
            created_at=self.created_at,
            sealed=self._sealed(full) if full else None,
            cut=cut,
            purges=None if head is None else head.purges,
            over=head.etag if head is not None and base is None else None,
            encoding=self.encoding,
        )

    def _sealed(self, head: Head) -> Sealed:
        return sealed_field(head, whole=False) if self.brief else self._seal(head)

    def _seal(self, head: Head) -> Sealed:
        raw, sealed = seal(head)
        try:
            self.sealed, self.made_segment = head, False
            self.reader.files.save_bytes(segment_key(self.key, head.id), raw, condition=IfAbsent())
            self.made_segment = True
        except AlreadyExistsError:
            # Every writer seals the same entries, but other releases choose other keyframes.
            if sealed["keyframe"] == head.id.json():
                return sealed_field(head, whole=self._is_keyframe(head.id))
        except StorageError as error:
            error.outcome_unknown = False  # the swap, which commits, was not sent
            raise
        return sealed

    def _is_keyframe(self, newest: RevisionId) -> bool:
        with suppress(CorruptObjectError):  # purged meanwhile, or `verify` finds it
            return self.reader.segment(self.key, newest).data is not None
        return False

    def _read(self, failure: StorageError) -> Head | None:
        try:
            return self.reader.read(self.key)
        except StorageError as error:
            if self._in_doubt(failure):
                raise self._unknown(failure) from error
            raise  # the write was refused for certain, so this is the whole story

    def _in_doubt(self, failure: StorageError) -> bool:
        return failure.outcome_unknown or self.pending is not None

    def _landed(self, current: Head | None, failure: StorageError) -> Revision | None:
        """The revision of this call, if it has landed; documents that were purged since count."""
        if current is not None:
            for entry in reversed(current.recent):
                if entry["write_id"] == self.write_id:
                    return Revision.of_entry(entry)
        if not self._in_doubt(failure) or _unchanged(self.base, current):
            return None
        match fate_of(self.write_id, self.base, current):
            case Fate.LANDED:
                return self.sent
            case Fate.LOOK:
                return self._look(current, failure)
            case Fate.UNKNOWN:
                raise self._unknown(failure)
        return None

    def _look(self, current: Head | None, failure: StorageError) -> Revision | None:
        assert current is not None
        assert self.sent is not None
        number = self.sent.number
        if number >= current.recent[0]["number"]:
            return None
        try:
            entry = self.reader.entry(current, number)
        except StorageError as error:
            raise self._unknown(failure) from error
        return Revision.of_entry(entry) if entry["write_id"] == self.write_id else None

    def _still_pending(self, failure: StorageError) -> None:
        if failure.outcome_unknown:
            self.pending = failure
            self.pending_tries += 1
            if self.pending_tries >= UNKNOWN_TRIES:
                raise self._unknown(failure)

    def _give_up(self, current: Head | None) -> None:
        """What was sent cannot land any more."""
        self.pending, self.pending_tries = None, 0
        # Only now: as long as a try is pending, its head may come to point to that segment.
        self._drop_orphan(current)
        if not same_revision(self.base, current):  # else its history was pruned
            self.met_others = True
            self.telemetry.conflict_settled()

    def _drop_orphan(self, current: Head | None) -> None:
        """Delete the segment that this call made of what was purged, pruned or rewritten before.

        A document that was only set back to an older head keeps it: the newer may come back.
        """
        sealed = self.sealed
        if sealed is None:
            return
        purged = current is None or current.origin != sealed.origin
        pruned = current is not None and current.first > sealed.number and self.made_segment
        rewritten = current is not None and is_rewritten(sealed, current) and self.made_segment
        if not (purged or pruned or rewritten):
            return
        with suppress(StorageError):  # else it stays an orphan, which gc sweeps
            self.reader.files.delete(segment_key(self.key, sealed.id))
        self.sealed = None

    def _final(self, failure: StorageError | None) -> StorageError:
        if failure is not None and self._in_doubt(failure):
            return self._unknown(failure)
        deadlines.check("commit", self.key)
        return ConflictError("other writers were faster at every try", key=self.key)

    def _unknown(self, cause: StorageError) -> CommitUnknownError:
        self.reader.heads.pop(self.key)
        return CommitUnknownError(
            f"revision {self.write_id} was sent, and whether it landed is unknown ({cause})",
            write_id=self.write_id,
            number=self.sent.number if self.sent else None,
            key=self.key,
        )


def same_revision(a: Head | None, b: Head | None) -> bool:
    """Whether both heads have the same newest revision; a prune changes a head, not that."""
    return a is b or (a is not None and b is not None and a.id == b.id)


def _unchanged(a: Head | None, b: Head | None) -> bool:
    """Not even pruned: what was sent on top of one could still land."""
    return a is b or (a is not None and b is not None and a.etag == b.etag)


def _revision(head: Head | None) -> Revision:
    assert head is not None, "nothing to change, and nothing there"
    return head.revision
