"""Stored keys: the records of one container's keys as they are now. Nothing here writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from ingenious_storage.backends.base import Backend, BlobInfo
from ingenious_storage.errors import (
    ContainerNotFoundError,
    CorruptObjectError,
    KeyRefusedError,
    NotFoundError,
    StorageError,
    UnsupportedFormatError,
)
from ingenious_storage.key_providers.reports import ContainerKeysInfo, MasterKeyInfo
from ingenious_storage.layers.encrypt import records
from ingenious_storage.layers.encrypt.masters import MasterKeys
from ingenious_storage.layers.encrypt.records import ContainerRecord, Entry, MasterRecord
from ingenious_storage.runtime.parallel import map_stream
from ingenious_storage.runtime.unpickled import Unpickled

_OURS = frozenset({records.ROOT, records.CONTAINER, records.MASTERS, records.DOCUMENTS})


@dataclass(frozen=True, slots=True)
class StoredMaster:
    """A master key's record, with the ETag that it has."""

    record: MasterRecord
    etag: str


@dataclass(frozen=True, slots=True)
class StoredContainer:
    """The container's record as it is now."""

    record: ContainerRecord
    info: BlobInfo


class StoredKeys(Unpickled):
    """The records of one container.

    Args:
        store: the layers beneath encryption.
        masters: its master keys, of the same `store`.
        workers: requests at once, where records are read in bulk.
    """

    def __init__(self, store: Backend, masters: MasterKeys, *, workers: int) -> None:
        self.store, self.masters, self.workers = store, masters, workers

    def status(self, newest: str, *, count: bool = False) -> ContainerKeysInfo:
        """What there is. `newest`: the exact vault key that wraps from now on.

        With `count` every record of a document's keys is read.
        """
        found = self.stored_container()
        uses = self._uses() if count else None
        masters = [
            self._described(each.record, newest, found, uses) for each in self.stored_masters()
        ]
        return ContainerKeysInfo(
            sorted(masters, key=lambda each: (each.created_at, each.is_current), reverse=True),
            None if found is None else found.record.keys[0].id.hex(),
            None if uses is None else uses[""],
        )

    def foreign(self) -> Iterator[str]:
        """Names below `keys/` that are no records of keys: nobody can read these through the layer.

        A few requests: what lies below the names of records is not looked at.
        """
        token: str | None = None
        while True:
            page = self.store.list(records.ROOT, delimiter="/", token=token)
            names = (*(blob.key for blob in page.blobs), *page.prefixes)
            yield from (name for name in names if name not in _OURS)
            token = page.token
            if token is None:
                return

    def stored_container(self) -> StoredContainer | None:
        """The record of the container's keys; None when there is none."""
        try:
            blob = self.store.get(records.CONTAINER)
        except (NotFoundError, ContainerNotFoundError):
            return None
        return StoredContainer(records.parse_container(blob.data), blob.info)

    def stored_masters(self) -> list[StoredMaster]:
        """Every master key's record. Raises: CorruptObjectError, UnsupportedFormatError."""
        found = []
        for info in self.listed(records.MASTERS):
            blob = self.store.get(info.key)
            record = records.parse_master(blob.data, records.master_of(info.key))
            found.append(StoredMaster(record, blob.info.etag))
        return found

    def document_records(
        self, on_progress: Callable[[int], None] = lambda _count: None
    ) -> Iterator[tuple[str, tuple[Entry, ...] | StorageError]]:
        """The name of each record of a document's keys, with the keys or what is wrong with it.

        One that is gone since it was listed is left out.
        """
        read = partial(_document_record, self.store)
        for name, found in map_stream(read, self.listed(records.DOCUMENTS), workers=self.workers):
            on_progress(1)
            if not isinstance(found, NotFoundError):
                yield name, found

    def listed(self, prefix: str, *, metadata: bool = False) -> Iterator[BlobInfo]:
        """The blobs as they are stored; none where there is no container."""
        try:
            yield from self.store.iterate(prefix, metadata=metadata)
        except ContainerNotFoundError:
            return

    def _described(
        self,
        record: MasterRecord,
        newest: str,
        found: StoredContainer | None,
        uses: Counter[str] | None,
    ) -> MasterKeyInfo:
        wrapped_by = record.wrapped.key_id
        return MasterKeyInfo(
            record.id,
            record.created_at,
            wrapped_by,
            is_newest=wrapped_by == newest,
            is_current=found is not None and found.record.master == record.id,
            documents=None if uses is None else uses[record.id],
            refused=None if wrapped_by == newest else self._refusal(record),
        )

    def _refusal(self, record: MasterRecord) -> str | None:
        try:
            self.masters.unwrapped(record)
        except KeyRefusedError as error:
            return error.message
        return None

    def _uses(self) -> Counter[str]:
        """Documents by master key; below "" all of them. A record that is damaged is of none."""
        uses = Counter({"": 0})
        for _, found in self.document_records():
            if isinstance(found, StorageError):
                uses[""] += 1
            else:
                uses.update({entry.master for entry in found} | ({""} if found else set()))
        return uses


def _document_record(
    store: Backend, info: BlobInfo
) -> tuple[str, tuple[Entry, ...] | StorageError]:
    document = info.key.removeprefix(records.DOCUMENTS)
    try:
        return info.key, records.parse_document(store.get(info.key).data, document)
    except (CorruptObjectError, NotFoundError, UnsupportedFormatError) as error:
        return info.key, error
