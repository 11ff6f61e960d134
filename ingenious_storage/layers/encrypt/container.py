"""Keys of a container: the one that seals what belongs to no document, and the current master."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ingenious_storage.backends.base import JSON, Backend, Blob, GetOptions, IfAbsent, PutOptions
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConfigurationError,
    NotFoundError,
    NotModifiedError,
)
from ingenious_storage.keys import is_hidden_segment
from ingenious_storage.layers.encrypt import envelope, records
from ingenious_storage.layers.encrypt.envelope import Key
from ingenious_storage.layers.encrypt.masters import MasterKeys
from ingenious_storage.layers.encrypt.records import ContainerRecord, Entry
from ingenious_storage.layers.encrypt.turns import turn
from ingenious_storage.layers.telemetry import KeyTelemetry
from ingenious_storage.runtime import forks
from ingenious_storage.runtime.secret import Secret
from ingenious_storage.runtime.unpickled import Unpickled

REFRESH: Final = 300.0
"""Seconds after which a new document key is not made without asking for the current master key."""
_MOVE: Final = (
    "Take storage.encryption.hide_ids out; or move the conversations into a new container: "
    "`ingenious-storage memory export DIR`, then `ingenious-storage memory import DIR` with it."
)


@dataclass(frozen=True, slots=True)
class _Loaded:
    record: ContainerRecord
    etag: str
    at: float


class ContainerKeys(Unpickled):
    """Loaded once a process; made by whoever writes first. Thread-safe.

    Args:
        hides_ids_below: the root of the documents whose keys hide their ids; None: none do. What
            the container was made with counts: ConfigurationError when it is the other.
    """

    def __init__(
        self,
        store: Backend,
        masters: MasterKeys,
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        telemetry: KeyTelemetry,
        hides_ids_below: str | None = None,
    ) -> None:
        self._store, self._masters, self._hidden = store, masters, hides_ids_below
        self._clock, self._monotonic, self._telemetry = clock, monotonic, telemetry
        self._loaded: _Loaded | None = None
        self._looked = False
        self._secrets = dict[bytes, Secret]()
        self._turn = forks.new_lock()

    def sealing(self) -> Key:
        """The key that seals from now on; the first ever is made here."""
        return self._key(self._loaded_or_made().record.keys[0])

    def of_ids(self) -> Key | None:
        """The key that hides ids, for as long as the container lives; None where they show."""
        loaded = self._loaded_or_made()
        return None if loaded.record.ids is None else self._find(loaded, loaded.record.ids)

    def look(self) -> None:
        """Once a process, see whether the container hides ids as it should: where it does and
        nobody knows, all its conversations seem to be missing. Raises: ConfigurationError.
        """
        if self._loaded is None and not self._looked:
            if self._reload() is None:
                self._check_new()
            self._looked = True

    def opening(self, key_id: bytes) -> Key | None:
        """The container's key with this id; None when what a process loads once has none."""
        return self._find(self._loaded or self._reload(), key_id)

    def asked(self, key_id: bytes) -> Key | None:
        """As `opening`, of what the store has now: somebody may have begun anew."""
        return self._find(self._reload(), key_id)

    def reload(self) -> ContainerRecord | None:
        """As the store has it now; None when there is no such record."""
        loaded = self._reload()
        return None if loaded is None else loaded.record

    def forget(self) -> None:
        """All that is remembered: the next who needs a key asks the store."""
        with turn(self._turn):
            self._loaded, self._looked = None, False
            self._secrets.clear()

    def master(self) -> str:
        """The master key that wraps new keys; the store was asked within `REFRESH` seconds."""
        loaded = self._loaded_or_made()
        if self._monotonic() - loaded.at > REFRESH:
            self._reload()
            loaded = self._loaded_or_made()
        return loaded.record.master

    def new_entry(self, document: str, after: str | None = None) -> tuple[Entry, Key]:
        """A new key of `document`, wrapped by the current master key."""
        return self._new_entry(self.master(), document, after)

    def create(self) -> ContainerRecord:
        """The record of the container, made if there is none, with a master key of its own."""
        with turn(self._turn):
            loaded = self._load() or self._made()
        return loaded.record

    def _loaded_or_made(self) -> _Loaded:
        found = self._loaded
        if found is not None:
            return found
        with turn(self._turn):
            return self._loaded or self._load() or self._made()

    def _reload(self) -> _Loaded | None:
        with turn(self._turn):
            return self._load()

    def _load(self) -> _Loaded | None:
        self._masters.open_provider()
        known = self._loaded
        try:
            options = GetOptions(if_none_match=known.etag if known else None)
            with self._telemetry.fetching("container"):
                blob = self._read(options)
        except NotFoundError:
            self._loaded = None
            self._secrets.clear()
            return None
        if blob is not None:
            record = records.parse_container(blob.data)
            self._check(record)
            self._loaded = _Loaded(record, blob.info.etag, self._monotonic())
        elif known is not None:
            self._loaded = _Loaded(known.record, known.etag, self._monotonic())
        return self._loaded

    def _read(self, options: GetOptions) -> Blob | None:
        try:
            return self._store.get(records.CONTAINER, options)
        except NotModifiedError:
            return None

    def _made(self) -> _Loaded:
        """By this process, or by one that was faster and whose record counts."""
        self._check_new()
        master = self._masters.create()
        entry, _ = self._new_entry(master, "", None)
        record = ContainerRecord(master, (entry,), None if self._hidden is None else entry.id)
        try:
            options = PutOptions(JSON, condition=IfAbsent())
            info = self._store.put(records.CONTAINER, record.encode(), options)
        except AlreadyExistsError:
            loaded = self._load()
            # By the key and not by the master: after a lost answer somebody may have rotated.
            if loaded is None or all(each.id != entry.id for each in loaded.record.keys):
                self._masters.discard(master)
            return loaded or self._made()
        self._loaded = _Loaded(record, info.etag, self._monotonic())
        return self._loaded

    def _check(self, record: ContainerRecord) -> None:
        if (record.ids is None) == (self._hidden is None):
            return
        if self._hidden is None:
            raise ConfigurationError(
                "this container hides the ids of its conversations",
                hint="Set storage.encryption.hide_ids: true.",
            )
        raise ConfigurationError("this container shows the ids of its conversations", hint=_MOVE)

    def _check_new(self) -> None:
        """What is there already has other names than those that new keys would give it."""
        if self._hidden is None:
            return
        found = next(self._store.iterate(self._hidden), None)
        if found is None:
            return
        if is_hidden_segment(found.key.removeprefix(self._hidden).partition("/")[0]):
            raise ConfigurationError(
                "there are conversations whose ids other keys hide, and these keys are gone",
                hint="Bring the records under keys/ back from a backup, or use a new container.",
            )
        raise ConfigurationError("there are conversations under their ids already", hint=_MOVE)

    def _new_entry(self, master: str, document: str, after: str | None) -> tuple[Entry, Key]:
        key = Key(os.urandom(envelope.KEY_ID_BYTES), Secret(os.urandom(envelope.KEY_BYTES)))
        wrapped = self._masters.wrap(master, document, key)
        at = self._clock().replace(microsecond=0)
        return Entry(key.id, wrapped, at, master, after), key

    def _find(self, loaded: _Loaded | None, key_id: bytes) -> Key | None:
        for entry in loaded.record.keys if loaded else ():
            if entry.id == key_id:
                return self._key(entry)
        return None

    def _key(self, entry: Entry) -> Key:
        secret = self._secrets.get(entry.id)
        if secret is None:
            secret = self._masters.unwrap("", entry, name=records.CONTAINER)
            self._secrets[entry.id] = secret
        return Key(entry.id, secret)
