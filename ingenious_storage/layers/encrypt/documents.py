"""Keys of documents: which one a write is sealed with, so that an erasure finds them all.

A purge reads the ids of a document's keys, replaces the head on condition of its ETag by a
tombstone, and destroys exactly these keys. So that no head is ever sealed with a key that is
about to be destroyed, and nothing of an erased document with one that is not:

* Who continues a document seals with the key of the head that it goes on top of: should a purge
  have read the ids before, the write is refused by its condition.
* Who begins over a tombstone seals with a key that was made for that tombstone, `after` its ETag.
* Who begins where nothing is uses the newest key only when it is young and no rewrite's: what lies
  there for long is left by a crash, and a sweep may be destroying it.
* A rewrite of the history of a document that is there makes a key of its own, `after` its id, which
  no other call knows. It seals new segments and a head with it, swaps the head on condition of its
  ETag, and destroys the keys that it had asked for before it made its own. A head that lands behind
  the swap goes on top of that head, so it is sealed with the key of that; nothing else is, since
  whoever goes on with a document takes the key of its head and not the newest of the record. When
  the swap was refused, no head was sealed with its key, so that it may destroy that.
* Nobody else adds a key to a document that is there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, suppress
from datetime import datetime, timedelta
from typing import Final

from cachetools import LRUCache

from ingenious_storage.backends.base import (
    Backend,
    BlobInfo,
    Condition,
    DocumentKey,
    GetOptions,
    IfAbsent,
    IfMatch,
    Lineage,
)
from ingenious_storage.errors import (
    AlreadyExistsError,
    CorruptObjectError,
    NotFoundError,
    UnavailableError,
    UnsupportedFormatError,
)
from ingenious_storage.layers.encrypt import records
from ingenious_storage.layers.encrypt.container import ContainerKeys
from ingenious_storage.layers.encrypt.document_records import DocumentRecords
from ingenious_storage.layers.encrypt.envelope import HEADER_BYTES, Key, key_id_of
from ingenious_storage.layers.encrypt.held import Held, is_of_rewrite
from ingenious_storage.layers.encrypt.masters import MasterKeys
from ingenious_storage.layers.encrypt.records import Entry
from ingenious_storage.layers.encrypt.turns import turn
from ingenious_storage.layers.telemetry import KeyTelemetry
from ingenious_storage.runtime import forks
from ingenious_storage.runtime.unpickled import Unpickled

YOUNG: Final = timedelta(hours=1)
"""Of a key that a first write may share with others which begin at the same time."""
_REMEMBERED: Final = 4096
_STRIPES: Final = 64
_TRIES: Final = 20


class DocumentKeys(Unpickled):
    """Of all documents of a container. Requests for one document are made one after the other, so
    that an older answer never replaces a newer one. Thread-safe.
    """

    def __init__(
        self,
        store: Backend,
        container: ContainerKeys,
        masters: MasterKeys,
        *,
        clock: Callable[[], datetime],
        telemetry: KeyTelemetry,
    ) -> None:
        self._store, self._container, self._masters = store, container, masters
        self._clock, self._records = clock, DocumentRecords(store, telemetry)
        self._held: LRUCache[str, Held] = LRUCache(_REMEMBERED)
        self._guard = forks.new_lock()
        self._turns = tuple(forks.new_lock() for _ in range(_STRIPES))
        forks.in_child(self._make_whole)

    def _make_whole(self) -> None:
        """Another thread of the parent may have been in the middle of a change."""
        held: LRUCache[str, Held] = LRUCache(_REMEMBERED)
        held.update(self._held)
        self._held = held

    def sealing(self, document: str, lineage: Lineage, condition: Condition | None) -> Key:
        """The key for a write of the document. Raises: AlreadyExistsError when it is there."""
        if lineage is Lineage.BEGINS:
            with self._turn(document):
                if isinstance(condition, IfMatch):
                    return self._begun_over(document, condition.etag)
                return self._begun(document, absent=isinstance(condition, IfAbsent))
        held = self._remembered(document)
        if held is None or not held.entries:
            with self._turn(document):
                held = self._fetched(document)
                if not held.entries:
                    return self._begun(document, absent=False)
        entry = held.find(held.current) or self._of_head(document, held)
        return self._key(document, held, entry)

    def beginning(self, document: str, rewrite: str) -> Key:
        """The key of this rewrite of the document's history, which is made once."""
        with self._turn(document):
            held = self._remembered(document)
            # No other call has this id, so what is remembered of it holds.
            found = held and next((e for e in held.entries if e.after == rewrite), None)
            if held and found:
                return self._key(document, held, found)
            return self._begun_over(document, rewrite)

    def opening(self, document: str, key_id: bytes, *, is_head: bool = False) -> Key | None:
        """The document's key with this id; None when it was destroyed."""
        with self._turn(document):
            found = self.known(document, key_id, is_head=is_head)
            if found is None:
                self._fetched(document)
                found = self.known(document, key_id, is_head=is_head)
        return found

    def known(self, document: str, key_id: bytes, *, is_head: bool = False) -> Key | None:
        """As `opening`, of what is remembered. `is_head`: the document's head has this key."""
        held = self._remembered(document)
        if held is None:
            return None
        if is_head and not held.is_before(key_id):
            held.current = key_id
        return self._found(held, document, key_id)

    def listed(self, document: str) -> dict[str, DocumentKey]:
        """What the store has now, by their ids."""
        with self._turn(document):
            entries = self._fetched(document).entries
        return {entry.id.hex(): DocumentKey(entry.created_at, entry.after) for entry in entries}

    def stored(self, prefix: str) -> Iterator[BlobInfo]:
        """The records, each under the key of its document; without those of very long keys."""
        return self._records.listed(prefix)

    def destroy(self, document: str, ids: Collection[str]) -> None:
        """Take keys out of the record; the last one takes the record with it.

        So does its damage: nobody can tell any more which keys are in it.
        """
        with self._turn(document):
            for _ in range(_TRIES):
                try:
                    held = self._fetched(document)
                except CorruptObjectError:
                    held = Held((), self._records.etag(document))
                left = tuple(each for each in held.entries if each.id.hex() not in ids)
                if held.etag is None or len(left) == len(held.entries) > 0:
                    return
                if self._reduced(document, held.etag, left):
                    return
        raise _busy(document)

    def forget(self) -> None:
        """All that is remembered."""
        with self._guard:
            self._held.clear()

    def _begun(self, document: str, *, absent: bool) -> Key:
        """A key for the first blob where nothing was before."""
        for _ in range(_TRIES):
            entry, key = self._container.new_entry(document)
            if self._put(document, (entry,), key, IfAbsent()):
                return key
            held = self._fetched(document)
            if held.is_shared and self._clock() - held.entries[0].created_at < YOUNG:
                return self._key(document, held, held.entries[0])
            if held.etag is None:
                continue
            if absent:
                self._check_absent(document)
            if self._put(document, (entry, *held.entries), key, IfMatch(held.etag)):
                return key
        raise _busy(document)

    def _of_head(self, document: str, held: Held) -> Entry:
        """The head's, when this process has not seen it: a rewrite's may be in front of it.

        What was written without encryption has none: then whichever is not of a rewrite.
        """
        if len(held.entries) > 1:
            with suppress(NotFoundError, CorruptObjectError, UnsupportedFormatError):
                options = GetOptions((0, HEADER_BYTES), fresh=True)
                header = self._store.get(document, options).data
                found = held.find(key_id_of(header, document))
                if found is not None:
                    held.current = found.id
                    return found
        return next((e for e in held.entries if not is_of_rewrite(e)), held.entries[0])

    def _begun_over(self, document: str, tombstone: str) -> Key:
        """The key that was made, or is made, for what begins over this tombstone."""
        for _ in range(_TRIES):
            held = self._fetched(document)
            found = next((each for each in held.entries if each.after == tombstone), None)
            if found is not None:
                return self._key(document, held, found)
            entry, key = self._container.new_entry(document, tombstone)
            condition = IfMatch(held.etag) if held.etag else IfAbsent()
            if self._put(document, (entry, *held.entries), key, condition):
                return key
        raise _busy(document)

    def _check_absent(self, document: str) -> None:
        """The keys are old: is the document there? Then the write would be refused anyway."""
        try:
            self._store.head(document)
        except NotFoundError:
            return
        raise AlreadyExistsError("the document is there", key=document, operation="put")

    def _put(
        self, document: str, entries: tuple[Entry, ...], key: Key, condition: Condition
    ) -> bool:
        """Store the record with a new key; False when somebody was faster."""
        etag = self._records.put(document, entries, condition)
        if etag is not None:
            held = self._remember(document, entries, etag)
            held.keys[key.id] = key
        return etag is not None

    def _reduced(self, document: str, etag: str, left: tuple[Entry, ...]) -> bool:
        self._forget(document)
        if left:
            return self._records.put(document, left, IfMatch(etag)) is not None
        return self._records.delete(document, etag)

    def _fetched(self, document: str) -> Held:
        entries, etag = self._records.get(document)
        if etag is None:
            self._forget(document)
            return Held((), None)
        return self._remember(document, entries, etag)

    def _found(self, held: Held, document: str, key_id: bytes) -> Key | None:
        entry = held.find(key_id)
        return None if entry is None else self._key(document, held, entry)

    def _key(self, document: str, held: Held, entry: Entry) -> Key:
        key = held.keys.get(entry.id)
        if key is None:
            name = records.document_name(document)
            secret = self._masters.unwrap(document, entry, name=name)
            key = held.keys[entry.id] = Key(entry.id, secret)
        return key

    def _turn(self, document: str) -> AbstractContextManager[None]:
        return turn(self._turns[hash(document) % _STRIPES])

    def _remembered(self, document: str) -> Held | None:
        with self._guard:
            return self._held.get(document)

    def _remember(self, document: str, entries: tuple[Entry, ...], etag: str) -> Held:
        """With what is known of the keys that are still there."""
        held = Held(entries, etag)
        with self._guard:
            before = self._held.get(document)
            if before is not None:
                held.current = before.current
                held.keys = {e.id: before.keys[e.id] for e in entries if e.id in before.keys}
            self._held[document] = held
        return held

    def _forget(self, document: str) -> None:
        with self._guard:
            self._held.pop(document, None)


def _busy(document: str) -> UnavailableError:
    return UnavailableError(
        "its record of keys was changed again and again", key=document, outcome_unknown=False
    )
