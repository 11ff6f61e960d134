"""Master keys of one container: the vault is asked once a process and key, by one thread."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from copy import copy
from datetime import datetime
from typing import TypeVar

from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from ingenious_storage.backends.base import JSON, Backend, IfAbsent, PutOptions
from ingenious_storage.errors import (
    AlreadyExistsError,
    CorruptObjectError,
    KeyDestroyedError,
    KeyRefusedError,
    NotFoundError,
    StorageError,
)
from ingenious_storage.key_providers.base import MASTER_KEY_BYTES, KeyProvider, VaultKey, Wrapped
from ingenious_storage.key_providers.unwrapping import unwrapped
from ingenious_storage.layers.encrypt import envelope, records
from ingenious_storage.layers.encrypt.asking import ask
from ingenious_storage.layers.encrypt.records import Entry, MasterRecord
from ingenious_storage.layers.encrypt.turns import turn
from ingenious_storage.layers.retry import RetryPolicy
from ingenious_storage.layers.telemetry import KeyTelemetry
from ingenious_storage.runtime import deadlines, forks
from ingenious_storage.runtime.secret import Secret
from ingenious_storage.runtime.unpickled import Unpickled

T = TypeVar("T")
_INFO = b"ingenious.key-wrap/1"


class MasterKeys(Unpickled):
    """Loads and makes them, and wraps container and document keys with them. Thread-safe.

    Args:
        store: the layers beneath encryption.
        provider: opens the provider, once, when it is needed.
        role: the container's; a wrapped key is bound to it, and to the document it is of.
    """

    def __init__(
        self,
        store: Backend,
        provider: Callable[[], KeyProvider],
        *,
        role: str,
        policy: RetryPolicy,
        clock: Callable[[], datetime],
        telemetry: KeyTelemetry,
    ) -> None:
        self._store, self._provider, self._role = store, provider, role
        self._policy, self._clock, self._telemetry = policy, clock, telemetry
        self._known = dict[str, Secret]()
        self._failed = dict[str, tuple[float, StorageError]]()
        self._turn = forks.new_lock()

    def open_provider(self) -> None:
        """Before the first request: a configuration that it refuses is told then."""
        self._provider()

    def create(self) -> str:
        """Make a master key and store its record: its id. Nothing uses it yet.

        Raises: KeyRefusedError, KeyUnavailableError and AuthenticationError of the provider.
        """
        record, secret = self._made()
        # A name of its own: who finds it taken had its answer lost.
        with suppress(AlreadyExistsError):
            options = PutOptions(JSON, condition=IfAbsent())
            self._store.put(records.master_name(record.id), record.encode(), options)
        self._known[record.id] = secret
        return record.id

    def discard(self, master: str) -> None:
        """Delete the record of a key that `create` made and nothing will ever use."""
        self._known.pop(master, None)
        with suppress(StorageError):
            self._store.delete(records.master_name(master))

    def forget(self) -> None:
        """All that is remembered."""
        with turn(self._turn):
            self._known.clear()

    def record(self, master: str) -> MasterRecord:
        """As it is stored. Raises: KeyDestroyedError when it is gone."""
        name = records.master_name(master)
        try:
            with self._telemetry.fetching("master"):
                data = self._store.get(name).data
        except NotFoundError:
            raise KeyDestroyedError(
                f"the master key {master} is gone",
                key=name,
                operation="get",
                hint="Bring its record back from a backup or an account version of the container; "
                "`ingenious-storage explain security` has the drill.",
            ) from None
        return records.parse_master(data, master)

    def vault_key(self) -> VaultKey:
        """The provider's key as it is now; asked again by the policy."""
        return _asked("describe", lambda: self._provider().describe(), self._policy)

    def unwrapped(self, record: MasterRecord) -> Secret:
        """The key of a record, by the provider; asked again by the policy."""

        def unwrap() -> Secret:
            with self._telemetry.fetching("vault"):
                return _secret(self._provider().unwrap(record.wrapped))

        secret = _asked("unwrap", unwrap, self._policy)
        if len(secret) != MASTER_KEY_BYTES:
            raise KeyRefusedError(f"the provider gave {len(secret)} bytes", operation="unwrap")
        return secret

    def wrapped(self, secret: Secret) -> MasterRecord:
        """A new record of `secret` under a new id, unwrapped once and compared.

        A wrap may be done without asking the vault, and then succeeds with a disabled key.
        """
        return self.rewrapped(secrets.token_hex(8), secret, self._clock())

    def rewrapped(self, master: str, secret: Secret, created_at: datetime) -> MasterRecord:
        """The record of a known master key, wrapped by the newest version of the vault key."""
        wrapped = self._by_provider(secret)
        record = MasterRecord(master, wrapped, created_at)
        if not wrapped.key_id.rpartition("/")[2]:
            raise KeyRefusedError(
                f"the provider names no version of the key {wrapped.key_id!r} that wrapped",
                hint="Grant the right to get the key: its version has to be stored.",
            )
        if self.unwrapped(record) != secret:
            raise KeyRefusedError(f"{wrapped.key_id} does not give back what it wrapped")
        return record

    def _by_provider(self, secret: Secret) -> Wrapped:
        try:
            return _asked("wrap", lambda: self._wrapped(secret), self._policy)
        except StorageError as error:
            failure = copy(error)  # without the frames of the provider, which hold the key
        raise failure

    def _wrapped(self, secret: Secret) -> Wrapped:
        found = self._provider().wrap(secret.reveal())
        # What could not be stored, or not be read back, would lose all that the key seals.
        for text in (found.key_id, found.algorithm):
            text.encode()
        if type(found.data) is not bytes or not found.algorithm:
            raise TypeError("not what a provider gives")
        return found

    def wrap(self, master: str, document: str, key: envelope.Key) -> bytes:
        """A key of `document` ("" for the container's), wrapped by AES-KW."""
        return aes_key_wrap(self._wrapping(master, document).reveal(), key.secret.reveal())

    def unwrap(self, document: str, entry: Entry, *, name: str) -> Secret:
        """The key of an entry of the record at `name`. Raises: CorruptObjectError."""
        found = unwrapped(self._wrapping(entry.master, document), entry.wrapped)
        if found is None or len(found) != envelope.KEY_BYTES:
            raise CorruptObjectError(
                "a wrapped key does not belong to this record and master key",
                key=name,
                operation="get",
            )
        return found

    def get(self, master: str) -> Secret:
        """The master key; at most one thread asks for it, and what it met others meet too."""
        found = self._known.get(master)
        if found is not None:
            return found
        asked = time.monotonic()
        with turn(self._turn):
            return self._known.get(master) or self._load(master, asked)

    def _load(self, master: str, asked: float) -> Secret:
        failed = self._failed.get(master)
        if failed is not None and failed[0] >= asked:
            raise copy(failed[1])
        try:
            secret = self.unwrapped(self.record(master))
        except StorageError as error:
            if deadlines.remaining() is None:  # else it may say something of this caller only
                self._failed[master] = time.monotonic(), copy(error)  # without its frames
            raise
        self._failed.pop(master, None)
        self._known[master] = secret
        return secret

    def _made(self) -> tuple[MasterRecord, Secret]:
        secret = Secret(os.urandom(MASTER_KEY_BYTES))
        return self.wrapped(secret), secret

    def _wrapping(self, master: str, document: str) -> Secret:
        info = _INFO + envelope.prefixed(self._role, document)
        return envelope.derived(self.get(master), salt=b"", info=info)


def _asked(operation: str, call: Callable[[], T], policy: RetryPolicy) -> T:
    """As `ask`; whatever else the code of others raises has no frames, which hold the key."""
    try:
        return ask(operation, call, policy)
    except StorageError:
        raise
    except Exception as error:  # noqa: BLE001  # of a provider that is none of ours
        kind = type(error).__name__
    raise KeyRefusedError(
        f"the key provider failed: {kind}",
        operation=operation,
        hint="Update the distribution that brings it: it raises or gives what no provider should.",
    )


def _secret(given: object) -> Secret:
    if type(given) is not bytes:
        raise TypeError("a key that is not bytes")
    return Secret(given)
