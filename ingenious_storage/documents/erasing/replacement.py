"""Replacement: one try of a rewrite to put a new history in the place of one head's.

Why these steps are safe is said in `rewrite`.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ingenious_storage.backends.base import IfAbsent, IfMatch, Lineage
from ingenious_storage.documents.erasing.purge import delete_all
from ingenious_storage.documents.erasing.remade import MARKS, Remade
from ingenious_storage.documents.format.head import Head
from ingenious_storage.documents.format.revision import RevisionId
from ingenious_storage.documents.store import DocumentStore
from ingenious_storage.documents.writing.commit import UNKNOWN_TRIES
from ingenious_storage.errors import (
    AlreadyExistsError,
    CommitUnknownError,
    ConflictError,
    StorageError,
)
from ingenious_storage.runtime.parallel import map_all


@dataclass(slots=True)
class Replacement:
    """What goes on top of one head, and what goes when it has landed."""

    store: DocumentStore
    base: Head
    made: Remade
    head: Head
    blobs: Mapping[str, bytes]
    """The new segments by their keys."""
    listed: Mapping[str, int]
    """Size by key of the segments that were there before."""
    keys: tuple[str, ...] | None
    """Ids of those that were there before; None where nothing is encrypted. Where there were none
    it makes no key of its own: a writer that begins to encrypt could take it, too."""
    after: str | None
    """What its own key is made for."""
    at: datetime | None = None
    """When it landed, by the store's own clock."""

    def land(self) -> bool:
        """Whether it is there; when not, nothing of it is left."""
        try:
            self._put_segments()
            landed = self._swap()
        except CommitUnknownError:
            raise  # it may be there yet, and need all of this
        except StorageError:
            self._withdraw()
            raise
        if not landed:
            self._withdraw()
        return landed

    def _put_segments(self) -> None:
        blobs, workers = [*self.blobs.items()], self.store.workers
        for result in map_all(self._put_segment, blobs, workers=workers):
            if isinstance(result, StorageError):
                result.outcome_unknown = False  # the head, which commits, was not sent
                raise result

    def _put_segment(self, named: tuple[str, bytes]) -> None:
        key, raw = named
        # No other segment has this name: if it is there, an answer was lost.
        with suppress(AlreadyExistsError):
            self.store.files.save_bytes(key, raw, condition=IfAbsent(), **self._begins())

    def _swap(self) -> bool:
        """Put the head; False when somebody was faster. It is settled as a commit is."""
        doubt: StorageError | None = None
        for _ in range(UNKNOWN_TRIES):
            try:
                self._send()
            except StorageError as error:
                certain = isinstance(error, ConflictError)
                if not (certain or error.outcome_unknown):
                    # This try was refused for certain, but one before it may still land.
                    raise self._unknown(doubt) if doubt else error from None
                doubt = error if error.outcome_unknown else doubt
                landed = self._landed(doubt)
                if landed is not None:
                    return landed
            else:
                return True
        raise self._unknown(doubt)

    def _send(self) -> None:
        head = self.head
        info = self.store.files.save_bytes(
            self.base.key,
            head.encode(),
            content_type=head.content_type,
            condition=IfMatch(self.base.etag or ""),
            **self._begins(),
        )
        self.at = info.last_modified
        self.store.reader.remember(replace(head, etag=info.etag))

    def _landed(self, doubt: StorageError | None) -> bool | None:
        """Whether it has landed; None when it may still, and is to be sent again, unchanged."""
        try:
            now = self.store.reader.read(self.base.key)
        except StorageError as error:
            raise self._unknown(doubt) if doubt else error from error
        if now is not None and self.made.mark in now.rewritten:
            return True
        if now is not None and now.etag == self.base.etag:
            return None
        # Purged since: then with all that was put for it.
        gone = now is None or now.origin != self.base.origin
        if doubt is None or gone or (now is not None and self._would_show_in(now)):
            return False
        raise self._unknown(doubt)

    def _would_show_in(self, now: Head) -> bool:
        """Whether a head remembers all rewrites since the one that this goes on top of."""
        before = self.base.rewritten
        return before[-1] in now.rewritten if before else len(now.rewritten) < MARKS

    def _withdraw(self) -> None:
        """No head is sealed with its key, nor points to its segments. What is left, gc sweeps."""
        with suppress(StorageError):
            self.store.files.delete_many([*self.blobs])
        if self.after is None:
            return
        with suppress(StorageError):
            keys = self.store.files.document_keys(self.base.key) or {}
            own = [name for name, each in keys.items() if each.after == self.after]
            if own:
                self.store.files.destroy_keys(self.base.key, own)

    def erase(self) -> Mapping[str, int]:
        """Delete and destroy what was there before; the size by key of the segments."""
        try:
            gone = self._delete_old()
            if self.keys:
                self.store.files.destroy_keys(self.base.key, self.keys)
            self.at = self.at or self.store.files.now()
        except StorageError as error:
            error.outcome_unknown = True
            error.hint = "It is rewritten; rewrite it again, or run gc, for what is left of it."
            raise
        return gone

    def _delete_old(self) -> dict[str, int]:
        gone = dict(self.listed)
        delete_all(self.store, gone)
        revisions = {RevisionId.of(entry) for entry in self.made.entries}
        stored = self.store.reader.stored(self.base.key)
        late = {info.key: info.size for name, info in stored.items() if name in revisions}
        delete_all(self.store, late)
        return gone | late

    def _unknown(self, cause: StorageError | None) -> CommitUnknownError:
        self.store.reader.heads.pop(self.base.key)
        return CommitUnknownError(
            f"rewrite {self.made.mark} was sent, and whether it landed is unknown ({cause})",
            write_id=self.made.mark,
            number=self.base.number,
            key=self.base.key,
            hint="Rewrite it again: what has landed is not done twice.",
        )

    def _begins(self) -> dict[str, Any]:
        """Options of a put where documents have keys."""
        return {"lineage": Lineage.BEGINS, "after": self.after} if self.keys else {}
