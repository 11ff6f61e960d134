"""Seal and swap: one new revision on top of a head, and the settling of what became of it.

The rules are those of docs/storage-format.md, "Writing". A write whose outcome is unknown (its
answer was lost, it timed out) is settled by its write_id before anything else is done.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal

from ingenious_storage import jsondata
from ingenious_storage.backends.base import JSON, IfAbsent, IfMatch
from ingenious_storage.documents.draft import Decide, Draft, Start
from ingenious_storage.documents.head import Change, Head, Revision, advance
from ingenious_storage.documents.reader import Reader
from ingenious_storage.documents.segment import Pointer, is_full, seal
from ingenious_storage.documents.watch import Watch
from ingenious_storage.errors import (
    AlreadyExistsError,
    CommitUnknownError,
    ConflictError,
    NotFoundError,
    ObjectTooLargeError,
    StorageError,
)
from ingenious_storage.jsondata import Json

_TRIES: Final = 100
_FIRST_PAUSE, _LONGEST_PAUSE = 0.005, 1.0
_UNKNOWN_TRIES: Final = 3


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds between tries, with full jitter; tests inject both functions."""

    sleep: Callable[[float], None] = time.sleep
    uniform: Callable[[float, float], float] = random.uniform

    def __iter__(self) -> Iterator[int]:
        for attempt in range(_TRIES):
            if attempt:
                longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(attempt, 20))
                self.sleep(self.uniform(0, longest))
            yield attempt


@dataclass(frozen=True, slots=True)
class Committer:
    """Writes revisions; `clock` gives created_at, `max_bytes` bounds the data."""

    reader: Reader
    watch: Watch
    max_bytes: int
    clock: Callable[[], datetime] = utc_now
    pauses: Pauses = field(default_factory=Pauses)

    def encode(self, value: Json) -> bytes:
        """The data bytes. Raises: InvalidDataError, ObjectTooLargeError."""
        data = jsondata.dumps(value)
        if len(data) > self.max_bytes:
            raise ObjectTooLargeError(f"{len(data)} bytes, the limit is {self.max_bytes}")
        return data

    def commit(
        self, key: str, name: str, decide: Decide, start: Start, *, blind: bool = False
    ) -> Revision:
        """Write what `decide` says on top of the newest head; the revision that is newest then.

        Args:
            blind: `decide` does not look at what it goes on top of.

        Raises: what `decide` raises; ConflictError when others were faster at every try;
        CommitUnknownError when a write was sent and nobody could tell what became of it.
        """
        commit = _Commit(self, key, name, decide)
        try:
            revision = commit.run(start)
        except Exception as error:
            if commit.lost_answer:
                unknown = isinstance(error, CommitUnknownError)
                self.watch.lost_answer_settled("unknown" if unknown else "withdrawn")
            raise
        self._tell(commit, start, blind=blind)
        return revision

    def _tell(self, commit: _Commit, start: Start, *, blind: bool) -> None:
        if commit.lost_answer:
            self.watch.lost_answer_settled(commit.outcome)
        if commit.outcome == "withdrawn":
            return
        self.watch.revision_saved()
        base = commit.base
        if blind and base is not None and not base.deleted:
            had_read = not start.fresh and _same(start.head, base)
            if not had_read:
                self.watch.blind_overwrite()


@dataclass(slots=True)
class _Commit:
    """One call: its write_id stays the same however often it has to be sent."""

    committer: Committer
    key: str
    name: str
    decide: Decide
    write_id: str = field(default_factory=lambda: secrets.token_hex(8))
    pending: StorageError | None = None
    """A try that may still land: the head it was sent on top of is still there."""
    pending_tries: int = 0
    sealed: Head | None = None
    """The newest head that this call has sealed."""
    made_segment: bool = False
    """For certain, its segment was not there before."""
    base: Head | None = None
    """What was there when this call's revision went on top."""
    lost_answer: bool = False
    """Whether any try may have landed without an answer that said so."""
    outcome: Literal["landed", "resent", "withdrawn"] = "withdrawn"

    def run(self, start: Start) -> Revision:
        head, draft = self._first_draft(start)
        if draft is None:
            return _revision(head)
        change = self._change(draft)
        for _ in self.committer.pauses:
            failure = self._send(head, change)
            self.base = head
            if isinstance(failure, Revision):
                self.outcome = "resent"
                return failure
            self.lost_answer = self.lost_answer or failure.outcome_unknown
            current = self._read(failure)
            landed = self._landed(current, _number(head), failure)
            if landed is not None:
                self.lost_answer, self.outcome = True, "landed"
                return landed
            if _unchanged(head, current):
                self._still_pending(failure)
                continue  # the same record again
            # What was sent cannot land any more.
            self.pending, self.pending_tries = None, 0
            self._drop_orphan(current)
            if not _same(head, current):  # else its history was pruned
                self.committer.watch.conflict_settled()
            head, draft = current, self.decide(current)
            if draft is None:
                return _revision(head)
            change = self._change(draft)
        raise self._final(ConflictError("other writers were faster at every try", key=self.key))

    def _first_draft(self, start: Start) -> tuple[Head | None, Draft | None]:
        head = start.head
        if start.fresh:
            return head, self.decide(head)
        # A refusal or a "nothing to do" that rests on a remembered head has to be confirmed.
        refusal: Exception | None = None
        try:
            draft = self.decide(head)
            if draft is not None:
                return head, draft
        except Exception as error:  # noqa: BLE001  # raised again below, once it is confirmed
            refusal = error
        current = self.committer.reader.read(self.key)
        if not _unchanged(head, current):
            return current, self.decide(current)
        if refusal is not None:
            raise refusal
        return head, None

    def _change(self, draft: Draft) -> Change:
        now = self.committer.clock()
        return Change(draft.data, self.write_id, now, draft.note, draft.deleted)

    def _send(self, head: Head | None, change: Change) -> Revision | StorageError:
        """The revision when it is known to have landed, else why that is not known."""
        try:
            sealed = self._seal(head) if head is not None and is_full(head) else None
            new = advance(head, change, key=self.key, name=self.name, sealed=sealed)
            condition = IfAbsent() if head is None else IfMatch(head.etag or "")
            info = self.committer.reader.files.save_bytes(
                self.key, new.encode(), content_type=JSON, condition=condition
            )
        except (ConflictError, AlreadyExistsError) as error:
            return error
        except StorageError as error:
            if error.outcome_unknown:
                return error
            if self.pending is not None:
                raise self._unknown(self.pending) from error
            raise
        self.committer.reader.remember(replace(new, etag=info.etag))
        return new.revision

    def _seal(self, head: Head) -> dict[str, Any]:
        pointer, raw, sealed = seal(head)
        try:
            self.sealed, self.made_segment = head, False
            self.committer.reader.files.save_bytes(pointer.key(self.key), raw, condition=IfAbsent())
            self.made_segment = True
        except AlreadyExistsError:
            pass  # every writer seals the same
        except StorageError as error:
            error.outcome_unknown = False  # the swap, which commits, was not sent
            raise
        return sealed

    def _read(self, failure: StorageError) -> Head | None:
        try:
            return self.committer.reader.read(self.key)
        except StorageError as error:
            if failure.outcome_unknown or self.pending is not None:
                raise self._unknown(failure) from error
            raise  # the write was refused for certain, so this is the whole story

    def _landed(self, current: Head | None, number: int, failure: StorageError) -> Revision | None:
        """The revision of this call, if it is in the document that is there now."""
        if current is None:
            return None
        for entry in reversed(current.recent):
            if entry["write_id"] == self.write_id:
                return Revision.of(entry)
        in_doubt = failure.outcome_unknown or self.pending is not None
        if not in_doubt or number >= current.recent[0]["number"]:
            return None
        try:
            entry = self.committer.reader.entry(current, number)
        except StorageError as error:
            raise self._unknown(failure) from error
        return Revision.of(entry) if entry["write_id"] == self.write_id else None

    def _still_pending(self, failure: StorageError) -> None:
        if failure.outcome_unknown:
            self.pending = failure
            self.pending_tries += 1
            if self.pending_tries >= _UNKNOWN_TRIES:
                raise self._unknown(failure)

    def _drop_orphan(self, current: Head | None) -> None:
        """Delete the segment that this call made of what was purged or pruned before.

        A document that was only set back to an older head keeps it: the newer may come back.
        """
        sealed = self.sealed
        if sealed is None:
            return
        purged = current is None or current.origin != sealed.origin
        pruned = current is not None and current.first > sealed.number and self.made_segment
        if not (purged or pruned):
            return
        with suppress(NotFoundError):
            orphan = Pointer(sealed.number, sealed.write_id)
            self.committer.reader.files.delete(orphan.key(self.key))
        self.sealed = None

    def _final(self, error: StorageError) -> StorageError:
        return error if self.pending is None else self._unknown(self.pending)

    def _unknown(self, cause: StorageError) -> CommitUnknownError:
        self.committer.reader.heads.pop(self.key)
        return CommitUnknownError(
            f"revision {self.write_id} was sent, and whether it landed is unknown ({cause})",
            write_id=self.write_id,
            key=self.key,
        )


def _number(head: Head | None) -> int:
    return 1 if head is None else head.number + 1


def _same(a: Head | None, b: Head | None) -> bool:
    return a is b or (a is not None and a.same_revision(b))


def _unchanged(a: Head | None, b: Head | None) -> bool:
    """Not even pruned: what was sent on top of one could still land."""
    return a is b or (a is not None and b is not None and a.etag == b.etag)


def _revision(head: Head | None) -> Revision:
    assert head is not None, "nothing to change, and nothing there"
    return head.revision
