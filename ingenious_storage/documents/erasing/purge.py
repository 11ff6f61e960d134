"""Purge: erase a whole document for good, so that nobody who is in doubt can bring it back.

1. The head is replaced, on condition of its ETag, by a purge tombstone: a deleted revision 1 with
   the data `null`, which readers take for "not found". From that moment on the document is gone.
   Where documents have keys, those it may be sealed with were asked for before: whoever begins
   another document makes a new one.
2. Its segments are deleted by name. Those that were listed before step 1 are of this document or
   of older ones, since no other existed yet; what a writer sealed meanwhile is found by another
   listing, which is believed only while the tombstone is still there.
3. Its keys are destroyed: copies of its blobs cannot be read any more. Which these are is asked
   and believed as it is for segments, and those of a document that began over the tombstone are
   left out. While a tombstone is on its way nothing is asked again: it may have landed, and what
   is found may be of the next document.

The tombstone stays until `gc` finds it older than its grace: a first revision that was sent on
condition that there is no blob, and that the network delivers late, meets it and is refused. A
new document goes on top of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from ingenious_storage.backends.base import IfAbsent, IfMatch, Lineage
from ingenious_storage.documents.erasing.found import Found, look, same_document
from ingenious_storage.documents.format.claims import tokens_of
from ingenious_storage.documents.format.head import Draft, Head, advance
from ingenious_storage.documents.format.markers import mark_deleted
from ingenious_storage.documents.format.purges import Purged, Purges
from ingenious_storage.documents.format.revision import NO_NOTE
from ingenious_storage.documents.store import DocumentStore
from ingenious_storage.documents.telemetry import traced
from ingenious_storage.documents.writing.commit import UNKNOWN_TRIES
from ingenious_storage.errors import (
    AlreadyExistsError,
    CommitUnknownError,
    ConflictError,
    CorruptObjectError,
    NotFoundError,
    StorageError,
)

GRACE: Final = timedelta(days=1)
"""Younger orphans may belong to a commit that is on its way; the tombstone of a purge refuses a
late one for as long."""


@dataclass(frozen=True, slots=True)
class PurgeReceipt:
    """What a purge erased."""

    key: str
    revisions: int | None
    """None when the head could not be read any more."""
    blobs: int
    bytes: int
    purged_at: datetime
    """By the store's own clock."""
    recoverable_until: datetime | None
    """Until when the account's own versioning or soft delete could bring it back so that it can be
    read: where keys were destroyed, until their record is gone for good. None when the
    configuration does not say (storage.retention_days, storage.encryption.key_retention_days)."""
    keys: tuple[str, ...] | None = None
    """Ids of the keys that were destroyed, without which no copy can be read; None when nothing is
    encrypted, () when it had no key of its own or nobody could tell which."""
    origin: str | None = None
    """The write_id of its first revision, which tells it from a document that is made there later;
    None when nobody could read it."""
    copies_readable: bool = True
    """Whether copies from before (versions, soft delete, backups) can be read for as long as they
    are kept, since no key went with it: nothing was encrypted, or it was sealed with the key of
    the container, as what lies in a container of another role. False says nothing of copies from
    before encryption was on."""


@traced
def purge(store: DocumentStore, key: str, *, etag: str | None = None) -> PurgeReceipt:
    """Erase the document that is at `key` now, with its whole history.

    An interrupted purge is finished by another one, or by `gc`.

    Args:
        etag: of the head that was looked at; one that was changed since is left alone
            (ConflictError).

    Raises: NotFoundError, also when another purge was faster; CommitUnknownError when the answer
    was lost and too much has happened since to know; ConflictError when it was written again and
    again.
    """
    with store.turns.of(key):
        return _Purge(store, key, etag).run()


class _Purge:
    def __init__(self, store: DocumentStore, key: str, etag: str | None) -> None:
        self.store, self.key, self.id = store, key, secrets.token_hex(8)
        self.wanted = etag
        self.target: Found | None = None
        """The document that is purged, as it was last seen."""
        self.segments: dict[str, int] = {}
        """Size by key, of what was there before the tombstone was."""
        self.keys: tuple[str, ...] | None = None
        """What it may be sealed with."""
        self.damaged = False
        """The record of its keys: it goes as a whole."""
        self.doubt: StorageError | None = None
        self.unknown_tries = 0
        self.landed = False

    def run(self) -> PurgeReceipt:
        try:
            return self._run()
        except StorageError as error:
            if self.landed:
                error.outcome_unknown = True
                error.hint = "The document is gone; purge it again, or run gc, for its segments."
            elif self.doubt is not None and error is not self.doubt:
                raise self.doubt from error
            raise

    def _run(self) -> PurgeReceipt:
        for _ in self.store.pauses:
            found = self._read()
            if found is not None and found.head is not None and found.head.purges.has(self.id):
                return self._erase(found)
            if self.doubt is not None:
                self._settle(found)
            there = None if found is None or found.purged else found
            receipt = self._replace(there) if there else self._finish(found)
            if receipt is not None:
                return receipt
        raise self.doubt or ConflictError(
            "it was written again and again while it was purged", key=self.key
        )

    def _replace(self, found: Found) -> PurgeReceipt | None:
        if self.target is not None and not same_document(self.target, found):
            raise NotFoundError("another purge was faster", key=self.key)
        if self.wanted not in {None, found.etag}:
            raise ConflictError("it was changed since it was looked at", key=self.key)
        self.target = found
        self._survey(None)
        return self._swap(found)

    def _swap(self, found: Found | None) -> PurgeReceipt | None:
        """Put the tombstone; None when somebody was faster, or nobody knows."""
        before = found.head if found else None
        tombstone = self._tombstone(before, readable=found is None or before is not None)
        mark_deleted(self.store.files, self.key)
        condition = IfMatch(found.etag) if found else IfAbsent()
        try:
            info = self.store.files.save_bytes(
                self.key,
                tombstone.encode(),
                content_type=tombstone.content_type,
                condition=condition,
                lineage=Lineage.ENDS,
            )
        except StorageError as error:
            if error.outcome_unknown:
                self.doubt = self._unknown(error)
                self.unknown_tries += 1
                if self.unknown_tries >= UNKNOWN_TRIES:
                    raise self.doubt from error
            elif not isinstance(error, ConflictError | AlreadyExistsError):
                raise
            return None
        tombstone = replace(tombstone, etag=info.etag)
        self.store.reader.remember(tombstone)
        return self._erase(Found(info, tombstone))

    def _tombstone(self, head: Head | None, *, readable: bool) -> Head:
        # Who is in doubt about a head that nobody can read has to learn that: no call knows
        # this count.
        before = Purges(secrets.randbits(48)) if not readable else head.purges if head else Purges()
        purged = Purged(self.id)
        if head is not None:
            purged = Purged(self.id, head.origin, head.number, tokens_of(head.recent))
        purges = before.and_one_more(purged)
        # Not with the document's own name, which may say whose it was.
        return advance(
            None,
            Draft(b"null", NO_NOTE, deleted=True),
            key=self.key,
            name=self.key,
            write_id=self.id,
            created_at=self.store.clock(),
            sealed=None,
            purges=purges,
        )

    def _settle(self, found: Found | None) -> None:
        """What was sent has not landed so far, or too much has happened since to know."""
        assert self.doubt is not None
        if found is None or self.target is None:
            if found is not None or self.target is not None:
                raise self.doubt
        elif found.etag != self.target.etag:
            if not same_document(self.target, found):
                raise self.doubt
            self.doubt = None  # another revision: it cannot land any more
        # Else it may still land, and the same is sent again.

    def _finish(self, found: Found | None) -> PurgeReceipt | None:
        """Erase what an interrupted purge, or a late writer, left without a document."""
        if self.target is not None:
            raise NotFoundError("another purge was faster", key=self.key)
        self._survey(found)
        if not self.segments and not self.keys:
            raise NotFoundError("there is no such document", key=self.key)
        if found is None:
            return self._swap(None)
        if not self._is_there(found):
            # What was found may be of a document that is there by now: see above.
            self.segments, self.keys = {}, None if self.keys is None else ()
        return self._erase(found)

    def _survey(self, tombstone: Found | None) -> None:
        """What goes; not again while a tombstone is on its way."""
        if self.doubt is None:
            self.segments, self.keys = self._stored(), self._keys(tombstone)

    def _erase(self, found: Found) -> PurgeReceipt:
        """`found` is the tombstone, or the document that went on top of it meanwhile."""
        self.landed = True
        erased = dict(self.segments)
        delete_all(self.store, erased)
        if found.purged:
            erased.update(self._erase_late(found))
        if self.keys or self.damaged:
            self.store.files.destroy_keys(self.key, self.keys or ())
        revisions = None
        if self.target is not None:
            erased[self.key] = self.target.info.size
            if self.target.head is not None:
                revisions = self.target.head.number - self.target.head.first + 1
        at, keeps = found.info.last_modified, self.store.retention.after(keyed=bool(self.keys))
        return PurgeReceipt(
            key=self.key,
            revisions=revisions,
            blobs=len(erased),
            bytes=sum(erased.values()),
            purged_at=at,
            recoverable_until=None if keeps is None else at + keeps,
            keys=self.keys,
            origin=self._origin(found),
            copies_readable=not (self.keys or self.damaged),
        )

    def _origin(self, found: Found) -> str | None:
        if self.target is not None:
            return self.target.head.origin if self.target.head else None
        newest = found.head.purges.newest if found.head else ()
        return newest[-1].origin if found.purged and newest else None

    def _erase_late(self, tombstone: Found) -> dict[str, int]:
        """What writers that were late have sealed meanwhile, and with which keys."""
        late, known = self._stored(), self.keys or ()
        keys = () if self.keys is None else self._keys(tombstone) or ()
        keys = tuple(each for each in keys if each not in known)
        if not (late or keys) or not self._is_there(tombstone):
            return {}
        delete_all(self.store, late)
        if keys:
            self.keys = (*known, *keys)
        return late

    def _keys(self, tombstone: Found | None) -> tuple[str, ...] | None:
        """Ids of the document's keys, but of those of what began over the tombstone."""
        try:
            found = self.store.files.document_keys(self.key)
        except CorruptObjectError:
            self.damaged = True
            return ()
        if found is None:
            return None
        over = tombstone.etag if tombstone else None
        return tuple(name for name, each in found.items() if over is None or each.after != over)

    def _is_there(self, tombstone: Found) -> bool:
        found = self._read()
        return found is not None and found.etag == tombstone.etag

    def _read(self) -> Found | None:
        return look(self.store, self.key)

    def _stored(self) -> dict[str, int]:
        return {info.key: info.size for info in self.store.reader.stored(self.key).values()}

    def _unknown(self, cause: StorageError) -> CommitUnknownError:
        return CommitUnknownError(
            f"purge {self.id} was sent, and whether it landed is unknown ({cause})",
            write_id=self.id,
            key=self.key,
        )


def delete_all(store: DocumentStore, keys: Collection[str]) -> None:
    """Raises: the first error of any key."""
    for error in (store.files.delete_many(keys) if keys else {}).values():
        if error is not None:
            raise error
