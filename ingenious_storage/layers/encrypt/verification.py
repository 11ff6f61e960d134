"""Verification of one container's keys: records that open, and blobs whose key is there.

Of a blob its first bytes are read, which name its key; what it holds is not opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from ingenious_storage.backends.base import BlobInfo, GetOptions
from ingenious_storage.errors import (
    ContainerNotFoundError,
    CorruptObjectError,
    InvalidKeyError,
    KeyDestroyedError,
    KeyRefusedError,
    NotEncryptedError,
    NotFoundError,
    StorageError,
    UnsupportedFormatError,
)
from ingenious_storage.key_providers.reports import KeyProblem, KeysVerified
from ingenious_storage.layers.encrypt import envelope, records
from ingenious_storage.layers.encrypt.records import Entry
from ingenious_storage.layers.encrypt.stored import StoredKeys
from ingenious_storage.runtime.parallel import map_stream

_YOUNG: Final = timedelta(hours=1)
"""Of a record whose document may not have been written yet."""
_WRONG: Final = (
    CorruptObjectError,
    KeyRefusedError,
    UnsupportedFormatError,
)
"""What is wrong with the one thing that was looked at; everything else ends the look."""


class Verification:
    """One look at all of a container.

    Args:
        keys: the container's.
        document_of: the document that a blob belongs to, by its key; None for no document.
        accepts_plain: blobs that are not encrypted are as they may be.
    """

    def __init__(
        self,
        keys: StoredKeys,
        *,
        document_of: Callable[[str], str | None],
        accepts_plain: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._keys, self._store = keys, keys.store
        self._document_of, self._accepts_plain = document_of, accepts_plain
        self._clock = clock
        self._problems: list[KeyProblem] = []
        self._records: dict[str, tuple[Entry, ...]] = {}
        self._of_container: frozenset[bytes] = frozenset()
        self._met = set[str]()

    def run(self, on_progress: Callable[[int], None] = lambda _count: None) -> KeysVerified:
        """Problems are reported, not raised. Raises: the errors of the store, and those of a
        provider that does not answer.
        """
        masters = self._check_masters()
        self._check_container()
        documents = self._check_documents(on_progress)
        blobs = self._check_blobs(on_progress)
        self._check_names()
        strays = sorted(self._strays())
        problems = sorted(self._problems, key=lambda problem: problem.key)
        return KeysVerified(masters, documents, blobs, problems, strays)

    def _check_names(self) -> None:
        with suppress(ContainerNotFoundError):
            for name in self._keys.foreign():
                self._note(name, InvalidKeyError("lies where records of keys belong", key=name))

    def _check_masters(self) -> int:
        names = [info.key for info in self._keys.listed(records.MASTERS)]
        for name in names:
            with self._noting(name):
                record = self._keys.masters.record(records.master_of(name))
                self._keys.masters.unwrapped(record)
        return len(names)

    def _check_container(self) -> None:
        with self._noting(records.CONTAINER):
            found = self._keys.stored_container()
            if found is None:
                return
            # Also of keys that do not open: that is said once, of the record.
            self._of_container = frozenset(entry.id for entry in found.record.keys)
            for entry in found.record.keys:
                self._keys.masters.unwrap("", entry, name=records.CONTAINER)
            self._keys.masters.get(found.record.master)

    def _check_documents(self, on_progress: Callable[[int], None]) -> int:
        number = 0
        for name, found in self._keys.document_records(on_progress):
            number += 1
            if isinstance(found, StorageError):
                self._note(name, found)
                continue
            self._records[name] = found
            document = records.document_of(name)
            if document is not None:
                self._unwrap(document, name, found)
        return number

    def _unwrap(self, document: str, name: str, entries: tuple[Entry, ...]) -> None:
        with self._noting(name):
            for entry in entries:
                self._keys.masters.unwrap(document, entry, name=name)

    def _check_blobs(self, on_progress: Callable[[int], None]) -> int:
        number = 0
        stored = self._keys.listed("", metadata=True)
        blobs = (info for info in stored if not info.key.startswith(records.ROOT))
        for key, found in map_stream(self._key_id, blobs, workers=self._keys.workers):
            on_progress(1)
            number += 1
            if isinstance(found, StorageError):
                self._note(key, found)
            self._check_key(key, found if isinstance(found, bytes) else None)
        return number

    def _key_id(self, info: BlobInfo) -> tuple[str, bytes | StorageError | None]:
        """The id of the blob's key; None for one that is gone, or that needs none."""
        if info.is_folder_marker:
            return info.key, None
        try:
            header = self._store.get(info.key, GetOptions((0, envelope.HEADER_BYTES))).data
            if header.startswith(envelope.MAGIC):
                return info.key, envelope.key_id_of(header, info.key)
        except NotFoundError:
            return info.key, None
        except _WRONG as error:
            return info.key, error
        if self._accepts_plain:
            return info.key, None
        return info.key, NotEncryptedError("written without encryption", key=info.key)

    def _check_key(self, key: str, key_id: bytes | None) -> None:
        document = self._document_of(key)
        if document is not None:
            self._meet(document)
        if key_id is None or key_id in self._of_container:
            return
        if document is None:
            problem = "sealed with a key that is not the container's"
            self._note(key, KeyDestroyedError(problem, key=key))
        elif not self._has(document, key_id):
            self._note(key, KeyDestroyedError("its document has no such key", key=key))

    def _meet(self, document: str) -> None:
        """The document is there; only now it is known what a hashed name is of."""
        name = records.document_name(document)
        if name not in self._met:
            self._met.add(name)
            if records.document_of(name) is None:
                self._unwrap(document, name, self._records.get(name, ()))

    def _has(self, document: str, key_id: bytes) -> bool:
        name = records.document_name(document)
        known = self._records.get(name)
        if known is None or all(entry.id != key_id for entry in known):
            known = self._records[name] = self._read(document, name)
        return any(entry.id == key_id for entry in known)

    def _read(self, document: str, name: str) -> tuple[Entry, ...]:
        """As it is now: it may have been made since it was listed."""
        try:
            return records.parse_document(self._store.get(name).data, document)
        except (NotFoundError, *_WRONG):  # noted already, where it is damaged
            return ()

    def _strays(self) -> Iterator[str]:
        """Records that no blob was met of, if they are old, and have keys."""
        now = self._clock()
        for name, entries in self._records.items():
            if name not in self._met and entries and now - entries[0].created_at > _YOUNG:
                yield name

    @contextmanager
    def _noting(self, name: str) -> Iterator[None]:
        """Notes what is wrong with a record, and goes on."""
        try:
            yield
        except NotFoundError:
            pass  # deleted since it was listed
        except _WRONG as error:
            self._note(name, error)

    def _note(self, key: str, error: StorageError) -> None:
        self._problems.append(KeyProblem(key, error.code, error.message))
