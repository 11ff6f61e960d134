"""Administration of one container's keys: made, rotated, wrapped anew, destroyed.

All of it works on the records below encryption, as they are stored now; what a process remembers
of its keys is not asked. Nothing here reads or writes what is encrypted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from ingenious_storage.backends.base import JSON, Backend, IfMatch, PutOptions
from ingenious_storage.errors import (
    ConflictError,
    CorruptObjectError,
    NotFoundError,
    StorageError,
    UnsupportedFormatError,
)
from ingenious_storage.key_providers.reports import (
    KeysDestroyed,
    KeysMade,
    Rewrapped,
)
from ingenious_storage.layers.encrypt import records
from ingenious_storage.layers.encrypt.container import ContainerKeys
from ingenious_storage.layers.encrypt.envelope import Key
from ingenious_storage.layers.encrypt.masters import MasterKeys
from ingenious_storage.layers.encrypt.records import Entry
from ingenious_storage.layers.encrypt.stored import (
    StoredContainer,
    StoredKeys,
    StoredMaster,
)

_TRIES = 10
_BATCH = 1000
"""Records that are deleted by one call."""


class Administration(StoredKeys):
    """The keys of one container.

    Args:
        store: the layers beneath encryption.
        masters, container: its keys, of the same `store`.
        workers: requests at once, where records are read in bulk.
    """

    def __init__(
        self, store: Backend, masters: MasterKeys, container: ContainerKeys, *, workers: int
    ) -> None:
        super().__init__(store, masters, workers=workers)
        self.container = container

    def create(self) -> KeysMade:
        """The first keys, if there are none; those that are there are opened, as a proof.

        Raises: KeyRefusedError when another vault key has wrapped them.
        """
        before = self.stored_container()
        if before is not None:
            self.container.sealing()
        record = self.container.create() if before is None else before.record
        return KeysMade(record.master, record.keys[0].id.hex(), made=before is None)

    def rotate(self) -> str:
        """Make a new master key, wrap the container's own keys with it, and name it the current
        one: its id.

        Raises: ConflictError when somebody else does so all the time.
        """
        found = self.stored_container()
        if found is None:
            return self.container.create().master
        master = self.masters.create()
        for _ in range(_TRIES):
            keys = tuple(self._moved(each, master) for each in found.record.keys)
            record = replace(found.record, master=master, keys=keys)
            if self._put(records.CONTAINER, record.encode(), found.info.etag):
                self.container.reload()
                return master
            found = self.stored_container()
            if found is None:
                break
            if found.record.master == master:  # the answer was lost
                return master
        # The new master key stays: a try whose answer was lost may have been the current one.
        raise ConflictError("the record of the container's keys keeps changing")

    def rewrap(self, newest: str) -> Rewrapped:
        """Wrap every master key by the vault key `newest`; those that it wraps stay as they are.

        Raises: ConflictError when somebody else wraps the same one meanwhile.
        """
        masters = self.stored_masters()
        changed = 0
        for each in masters:
            if each.record.wrapped.key_id != newest:
                self._rewrap(each, newest)
                changed += 1
        return Rewrapped(len(masters), changed, newest if masters else "")

    def destroy_master(self, master: str, *, grace: timedelta, dry_run: bool) -> KeysDestroyed:
        """Destroy a master key that wraps nothing any more.

        Raises: NotFoundError when it is not of this container; ConflictError while it is in use,
        or may be by a process that does not know of a rotation in the last `grace`.
        """
        name = records.master_name(master)
        blob = self.store.get(name)
        wrapped_by = records.parse_master(blob.data, master).wrapped.key_id
        self._require_unused(master, grace)
        now = None if dry_run else self.store.now()
        if not dry_run:
            self._delete_one(name, blob.info.etag)
        return KeysDestroyed((master,), None, 0, (wrapped_by,), now, None, dry_run)

    def destroy_everything(self, *, dry_run: bool) -> KeysDestroyed:
        """Destroy all keys: nothing that the container holds can be read any more.

        Master keys go first, since all others are unreadable without them.
        """
        masters = [info.key for info in self.store.iterate(records.MASTERS)]
        found, wrapped_by = self._container_or_none(), self._wrapped_by(masters)
        documents = sum(1 for _ in self.store.iterate(records.DOCUMENTS))
        now = None if dry_run else self.store.now()
        if not dry_run:
            self._delete(iter(masters))
            self._delete(iter([records.CONTAINER]))
            self._delete(info.key for info in self.store.iterate(records.ROOT))
        return KeysDestroyed(
            tuple(map(records.master_of, masters)),
            None if found is None else found.record.keys[0].id.hex(),
            documents,
            wrapped_by,
            now,
            None,
            dry_run,
        )

    def _moved(self, entry: Entry, master: str) -> Entry:
        """A key of the container, wrapped by another master key."""
        secret = self.masters.unwrap("", entry, name=records.CONTAINER)
        return replace(
            entry, master=master, wrapped=self.masters.wrap(master, "", Key(entry.id, secret))
        )

    def _rewrap(self, stored: StoredMaster, newest: str) -> None:
        record, name = stored.record, records.master_name(stored.record.id)
        secret = self.masters.unwrapped(record)
        anew = self.masters.rewrapped(record.id, secret, record.created_at)
        if self._put(name, anew.encode(), stored.etag):
            return
        if self.masters.record(record.id).wrapped.key_id != newest:  # else the answer was lost
            raise ConflictError("somebody else wrote the record of this master key", key=name)

    def _put(self, name: str, data: bytes, etag: str) -> bool:
        try:
            self.store.put(name, data, PutOptions(JSON, condition=IfMatch(etag)))
        except ConflictError:
            return False
        return True

    def _require_unused(self, master: str, grace: timedelta) -> None:
        found = self.stored_container()
        if found is not None:
            if found.record.master == master:
                raise _in_use(master, "new documents use it", "Run `keys rotate` first.")
            if any(entry.master == master for entry in found.record.keys):
                raise _in_use(master, "it wraps the container's own key", "Run `keys rotate`.")
            # An S3 server's clock can stand behind what it has just stored.
            since = max(self.store.now() - found.info.last_modified, timedelta(0))
            if since < grace:
                raise _in_use(
                    master,
                    "the last rotation is so young that a process may still use it",
                    f"Wait until {found.info.last_modified + grace:%Y-%m-%d %H:%M:%S} UTC, or say "
                    "with --grace how long it takes.",
                )
        self._require_no_document(master)

    def _require_no_document(self, master: str) -> None:
        used = 0
        for _, found in self.document_records():
            if isinstance(found, StorageError):
                raise found
            used += any(entry.master == master for entry in found)
        if used:
            raise _in_use(
                master,
                f"it wraps the keys of {used} documents",
                "Leave it: it does no harm. It can go when these documents are erased.",
            )

    def _container_or_none(self) -> StoredContainer | None:
        """Also None for a record that cannot be read: it is to be destroyed all the same."""
        try:
            return self.stored_container()
        except (CorruptObjectError, UnsupportedFormatError):
            return None

    def _wrapped_by(self, names: list[str]) -> tuple[str, ...]:
        found = set[str]()
        for name in names:
            try:
                record = records.parse_master(self.store.get(name).data, records.master_of(name))
            except (CorruptObjectError, NotFoundError, UnsupportedFormatError):
                continue
            found.add(record.wrapped.key_id)
        return tuple(sorted(found))

    def _delete_one(self, name: str, etag: str) -> None:
        try:
            self.store.delete(name, condition=IfMatch(etag))
        except NotFoundError as error:
            if not error.outcome_unknown:  # else the answer was lost
                raise

    def _delete(self, names: Iterator[str]) -> None:
        """Raises: the first error of any."""
        batch: list[str] = []
        for name in names:
            batch.append(name)
            if len(batch) == _BATCH:
                self._delete_batch(batch)
                batch = []
        self._delete_batch(batch)

    def _delete_batch(self, batch: list[str]) -> None:
        for error in self.store.delete_many(batch).values() if batch else ():
            if error is not None:
                raise error


def _in_use(master: str, why: str, hint: str) -> ConflictError:
    return ConflictError(
        f"the master key {master} cannot be destroyed: {why}",
        key=records.master_name(master),
        hint=hint,
    )
