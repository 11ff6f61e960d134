"""Rewrite: erase some revisions of a document for good, out of the middle of its history.

1. All segments are put anew, without these revisions, under names that no other segment has. Where
   documents have keys, they are sealed with a new one, which no other call seals with.
2. The head is replaced on condition of its ETag. From that moment on the revisions are gone, and
   who still remembers the old head is refused.
3. What was listed before step 1 is deleted: nothing of it belongs to a head that goes on top of the
   new one. What a writer has sealed of the old history meanwhile is found by another listing, by
   its name: that of a revision which was there before. No new segment has the name of one.
4. The keys that were asked for before step 1 are destroyed: copies of what they sealed cannot be
   read any more.

A crash before step 2 leaves segments that belong to nobody, one behind it leaves the old ones. `gc`
sweeps either, and destroys the old keys: in the record they are behind the one that the head
names in `over`. Another rewrite does the same at once.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingenious_storage.arguments import items_of
from ingenious_storage.backends.base import REWRITE
from ingenious_storage.documents.document import Document
from ingenious_storage.documents.erasing.remade import Change, Remade
from ingenious_storage.documents.erasing.replacement import Replacement
from ingenious_storage.documents.erasing.withdrawal import Spare, Withdrawal
from ingenious_storage.documents.format.encoding import encoding_of
from ingenious_storage.documents.format.head import Head
from ingenious_storage.documents.format.records import Entry
from ingenious_storage.documents.format.revision import Revision
from ingenious_storage.documents.format.segment import segment_key
from ingenious_storage.documents.store import DocumentStore
from ingenious_storage.documents.telemetry import traced
from ingenious_storage.errors import (
    ConflictError,
    CorruptObjectError,
    NotFoundError,
)
from ingenious_storage.jsondata import Json

Redact = Callable[[Document], Json]
Without = Callable[[Revision], bool] | Collection[int]


@dataclass(frozen=True, slots=True)
class RewriteReceipt:
    """What a rewrite erased."""

    key: str
    revisions: tuple[int, ...]
    """Numbers of those that were taken out or dropped, ascending."""
    redacted: tuple[int, ...]
    """Numbers of those whose data were changed."""
    blobs: int
    """Segments that were deleted, of whatever lineage."""
    bytes: int
    """Of these, as they were stored."""
    rewritten_at: datetime | None
    """By the store's own clock; None when there was nothing to do."""
    recoverable_until: datetime | None
    """As in `PurgeReceipt`: until when the account itself could bring it back so that it can be
    read; None when the configuration does not say."""
    keys: tuple[str, ...] | None
    """Ids of the keys that were destroyed; None when nothing is encrypted."""
    copies_readable: bool
    """As in `PurgeReceipt`: whether copies from before can be read for as long as they are kept."""


@traced
def rewrite(
    store: DocumentStore,
    key: str,
    *,
    without: Without = (),
    redact: Redact | None = None,
    first: int | None = None,
    spare: Spare | None = None,
) -> RewriteReceipt:
    """Erase revisions of a document for good; all others, their numbers and ids stay.

    A revision that was taken out stays in the history as `erased`, without data, author, message
    and tags; reading it raises RevisionPrunedError. The whole history is read and written anew.

    Args:
        without: the numbers of what goes; or says of a revision whether it goes.
        redact: gives the data that a revision is to have from now on, of all that stay but the
            newest; a document that it returns unchanged stays. None takes the revision out.
        first: the oldest revision that is to stay. What is older is dropped as by a prune, but
            exactly there, and what a prune has left of it in the oldest segment goes too.
        spare: asks for the numbers of revisions that must stay, such as those that labels pin. It
            is asked again once what is to go is withdrawn, so that who pins a revision at the same
            time either is heard here, or is told by `DocumentStore.require_kept`. That costs a
            write more.

    Raises: NotFoundError, RevisionNotFoundError, RevisionPrunedError; ConflictError for the newest
    revision, for the one that `restore` would bring back, for one to be spared, and when it was
    written again and again; CommitUnknownError; TypeError.
    """
    wanted = without if callable(without) else _numbers(without)
    with store.turns.of(key), Withdrawal(store, spare) as withdrawal:
        return _Rewrite(store, key, wanted, redact, first or 1, withdrawal).run()


def _numbers(given: Collection[int]) -> frozenset[int]:
    numbers = frozenset(items_of(given, what="without", such_as="[3, 4]"))
    if any(type(number) is not int for number in numbers):
        raise TypeError("the revisions to take out are whole numbers, such as [3, 4]")
    return numbers


@dataclass(slots=True)
class _Rewrite:
    store: DocumentStore
    key: str
    wanted: Callable[[Revision], bool] | frozenset[int]
    redact: Redact | None
    first: int
    withdrawal: Withdrawal
    origin: str | None = None
    """Of the document that it began with."""

    def run(self) -> RewriteReceipt:
        for _ in self.store.pauses:
            head = self.store.existing(self.key)
            self._require_same(head)
            try:
                attempt = self._prepared(head)
            except CorruptObjectError:
                if self.store.existing(self.key).etag == head.etag:
                    raise
                continue  # somebody erased some of it in between
            if attempt is None:
                self.withdrawal.clear(head)
                return _nothing_done(self.key)
            if self._land(attempt):
                return self._receipt(attempt, attempt.erase())
        raise ConflictError("it was written again and again while it was rewritten", key=self.key)

    def _land(self, attempt: Replacement) -> bool:
        """Whether it is there."""
        going = {*attempt.made.erased, *attempt.made.redacted}
        base = self.withdrawal.behind(attempt.base, going)
        if base is None:
            return False
        attempt.base = base
        return attempt.land()

    def _require_same(self, head: Head) -> None:
        if self.origin not in {None, head.origin}:
            raise NotFoundError("it was purged meanwhile", key=self.key)
        self.origin = head.origin

    def _prepared(self, head: Head) -> Replacement | None:
        """None when there is nothing to do."""
        first = max(head.first, self.first)
        self._require_there(head, first)
        # Both are asked for before anything new is put: they are of this history or of older ones.
        listed = {info.key: info.size for info in self.store.reader.stored(self.key).values()}
        keys = self.store.files.document_keys(self.key)
        chain = [*self.store.reader.segments(head, head.first)][::-1]
        limit, mark = self.store.reader.segment_limit, secrets.token_hex(8)
        made = Remade.of(head, chain, self._change(head), first=first, mark=mark, limit=limit)
        left = listed.keys() - {segment_key(self.key, each.id) for each in chain}
        interrupted = head.rewritten and (left or _behind(keys or {}, head.over))
        remnants = self.first > 1 and made.had_remnants
        if not (made.is_other or interrupted or remnants):
            return None
        self._require_free(head, made)
        names = None if keys is None else tuple(keys)
        after = REWRITE + mark if names else None
        new, blobs = made.laid_out(chain, after=after, limit=limit)
        return Replacement(self.store, head, made, new, blobs, listed, names, after)

    def _require_there(self, head: Head, first: int) -> None:
        """Raises: RevisionNotFoundError, RevisionPrunedError."""
        named = () if callable(self.wanted) else self.wanted
        for number in (first, *named):
            self.store.reader.require(head, number)

    def _change(self, head: Head) -> Change:
        encoding = encoding_of(head.encoding, key=self.key)

        def change(entry: Entry, data: bytes) -> bytes | None:
            revision = Revision.of_entry(entry)
            if self._goes(revision):
                return None
            if self.redact is None or revision.deleted:
                return data
            value = self.redact(Document(encoding.loads(data, key=self.key), revision, head.name))
            if value is None:
                return None
            made = self.store.encode(value)
            return data if encoding.same(made, data) else made

        self._require_older(head)
        return change

    def _goes(self, revision: Revision) -> bool:
        if callable(self.wanted):
            return self.wanted(revision)
        return revision.number in self.wanted

    def _require_older(self, head: Head) -> None:
        """Raises: ConflictError when the newest is to go."""
        if self._goes(head.revision):
            raise ConflictError(
                f"revision {head.number} is the newest",
                key=self.key,
                hint="Save a newer one first, or purge the whole document.",
            )

    def _require_free(self, head: Head, made: Remade) -> None:
        if head.deleted and head.number - 1 in made.erased:
            raise ConflictError(
                f"revision {head.number - 1} is what `restore` brings back",
                key=self.key,
                hint="Restore it and save a newer one first, or purge the whole document.",
            )
        spare = self.withdrawal.spare or tuple
        pinned = sorted({*spare()} & {*made.erased, *made.redacted})
        if pinned:
            raise ConflictError(
                f"revision {pinned[0]} is pinned",
                key=self.key,
                hint="Move the label that pins it first.",
            )

    def _receipt(self, landed: Replacement, gone: Mapping[str, int]) -> RewriteReceipt:
        at, keeps = landed.at, self.store.retention.after(keyed=bool(landed.keys))
        return RewriteReceipt(
            key=self.key,
            revisions=tuple(sorted(landed.made.erased)),
            redacted=tuple(sorted(landed.made.redacted)),
            blobs=len(gone),
            bytes=sum(gone.values()),
            rewritten_at=at,
            recoverable_until=at + keeps if at and keeps else None,
            keys=landed.keys,
            copies_readable=not landed.keys,
        )


def _nothing_done(key: str) -> RewriteReceipt:
    return RewriteReceipt(
        key=key,
        revisions=(),
        redacted=(),
        blobs=0,
        bytes=0,
        rewritten_at=None,
        recoverable_until=None,
        keys=None,
        copies_readable=True,
    )


def _behind(keys: Mapping[str, Any], over: str | None) -> list[str]:
    """The keys behind the one that the head names: of what a rewrite has replaced."""
    names = [*keys]
    own = [place for place, name in enumerate(names) if keys[name].after == over is not None]
    return names[own[-1] + 1 :] if own else []
