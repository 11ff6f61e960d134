"""Keys: what an administrator does with the keys of both containers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import chain
from typing import BinaryIO, Final

from ingenious_storage.backends.base import BlobInfo, Lineage
from ingenious_storage.config import Role
from ingenious_storage.errors import (
    ConfigurationError,
    InvalidKeyError,
    NotFoundError,
)
from ingenious_storage.key_providers.base import KeyProvider, VaultKey
from ingenious_storage.key_providers.reports import (
    ContainerKeysInfo,
    KeyProblem,
    KeysCreated,
    KeysDestroyed,
    KeysMade,
    KeysStatus,
    KeysVerified,
    MasterKeyInfo,
    Rewrapped,
)
from ingenious_storage.keys import SNAPSHOTS, validate_key
from ingenious_storage.marks import MARK_BYTES, undecoded
from ingenious_storage.runtime.unpickled import Unpickled
from ingenious_storage.services.by_container import attempted, by_container, chosen
from ingenious_storage.services.forgetting import forget
from ingenious_storage.services.in_place import (
    InPlace,
    InPlaceReport,
    Outcome,
    is_tombstone,
    marks_of,
    marks_wanted,
)
from ingenious_storage.services.key_files import add_version, make_key_file
from ingenious_storage.wiring import Containers, Parts

__all__ = [
    "GRACE",
    "ContainerKeysInfo",
    "InPlaceReport",
    "KeyProblem",
    "Keys",
    "KeysCreated",
    "KeysDestroyed",
    "KeysMade",
    "KeysStatus",
    "KeysVerified",
    "MasterKeyInfo",
    "Outcome",
    "Rewrapped",
]

GRACE: Final = timedelta(hours=1)
"""How long after a rotation a process may still use the master key that was current before."""


class Keys(Unpickled):
    """The keys of both containers of one configuration. Making one does no I/O.

    A method takes the `role` of the one container that is meant, None for both. What one of both
    refuses (PermissionDeniedError, AuthenticationError) is raised after the other was done.

    Every method but `encrypt`, `lineage` and `open_blob` raises ConfigurationError when encryption
    is off, and all of them the errors of the store and of the provider: KeyRefusedError,
    KeyUnavailableError.
    """

    def __init__(self, containers: Containers) -> None:
        self._containers = containers
        self._settings = containers.settings.storage
        self._administration = containers.administration

    def init(self, role: Role | None = None) -> KeysCreated:
        """Make what is missing: the key file, the containers, and the first keys of each.

        Raises: KeyRefusedError when others may read the key file, and when it is missing where
        there are keys that it wrapped: another one would open none of them; for this both
        containers are looked at, whichever is named.
        """
        chosen(role)
        path = self._settings.encryption.key_file
        made = path is not None and make_key_file(path, self._has_keys)
        provider = self._provider()
        keys = by_container(self._create, role)
        return KeysCreated(provider.name, provider.place, made, keys)

    def status(self, role: Role | None = None, *, count: bool = False) -> KeysStatus:
        """What there is, by a handful of requests; with `count` every record of a key is read."""
        provider = self._provider()
        key = self._vault_key()
        containers = by_container(
            lambda each: self._administration(each).status(key.key_id, count=count), role
        )
        return KeysStatus(provider.name, provider.place, key, containers)

    def rotate(self, role: Role | None = None) -> dict[Role, str]:
        """A new master key in each container, which new documents use; its id by container.

        Raises: ConflictError when somebody else rotates at the same time.
        """
        self._provider()
        return by_container(lambda each: self._administration(each).rotate(), role)

    def rotate_key_file(self) -> VaultKey:
        """Add a version to the key file, which wraps from now on: `rewrap` comes next.

        Raises: ConfigurationError when the provider is no key file: a vault rotates its own keys.
        """
        provider = self._provider()
        if self._settings.encryption.key_file is None:
            raise ConfigurationError(
                f"{provider.name} keeps no key file",
                hint="Rotate the key where it is kept, then run `keys rewrap`.",
            )
        return add_version(self._settings.encryption.key_file)

    def rewrap(self, role: Role | None = None) -> dict[Role, Rewrapped]:
        """Wrap every master key by the newest version of the provider's key.

        Raises: ConflictError when somebody else does so at the same time.
        """
        self._provider()
        newest = self._vault_key().key_id
        return by_container(lambda each: self._administration(each).rewrap(newest), role)

    def verify(
        self,
        role: Role | None = None,
        *,
        on_progress: Callable[[int], None] = lambda _count: None,
    ) -> dict[Role, KeysVerified]:
        """Every record of a key, and the first bytes of every blob. Problems are reported.

        Args:
            on_progress: called with how many more records and blobs were looked at.
        """
        self._provider()
        return by_container(lambda each: self._containers.verification(each).run(on_progress), role)

    def destroy(
        self,
        master: str,
        role: Role | None = None,
        *,
        grace: timedelta = GRACE,
        dry_run: bool = False,
    ) -> dict[Role, KeysDestroyed]:
        """Destroy a master key that wraps nothing; the receipt of the container that had it.

        Raises: NotFoundError; ConflictError while something is wrapped by it, or when the last
        rotation is younger than `grace`.
        """
        self._provider()
        found = attempted(partial(self._destroyed, master, grace=grace, dry_run=dry_run), role)
        for each, receipt in found.done.items():
            if receipt is not None:
                return {each: receipt}
        for error in found.refused.values():  # it may have it
            raise error
        raise NotFoundError(f"no container has a master key {master}", hint="See `keys status`.")

    def destroy_everything(
        self, role: Role | None = None, *, dry_run: bool = False
    ) -> dict[Role, KeysDestroyed]:
        """Destroy all keys of a container, or of both: nothing in it can be read any more.

        Another process that has its keys in memory goes on until it ends, and nobody else reads
        what it writes: stop those before.
        """
        self._provider()
        return by_container(partial(self._all_destroyed, dry_run=dry_run), role)

    def encrypt(
        self,
        role: Role | None = None,
        *,
        compress: bool = False,
        dry_run: bool = False,
        workers: int | None = None,
        on_progress: Callable[[Outcome], None] = lambda _outcome: None,
        spread: Callable[[Role, Iterator[BlobInfo]], Iterable[list[Outcome]]] | None = None,
    ) -> dict[Role, InPlaceReport]:
        """Write anew, in place, what was written before encryption was on.

        A published snapshot of the catalogue is deleted: sealed, it would outlive an erasure.

        Args:
            role: one container; None for both.
            compress: also what was written before compression was on; alone, where encryption is
                off.
            workers: blobs at once; None for `storage.workers`.
            on_progress: called with each blob.
            spread: gets a container's role and the blobs as they are listed, and gives what
                `encrypt_listed` says of them, some at a time and in their order, from whichever
                processes; None: all is done here.

        Raises: ConfigurationError unless encryption is on and `accept_plain` too; what `spread`
        raises.
        """
        wanted, at_once = self._wanted(compress=compress), workers or self._containers.workers

        def written(each: Role) -> InPlaceReport | None:
            if not self._parts(each).stored.container_exists():
                return None
            if self._settings.encryption.is_on and not dry_run:
                self._withdraw(each)
            if "encrypt" in wanted:
                self._refuse_foreign(each)
            act = self._in_place(each, wanted)
            if spread is None:
                outcomes = act.run(act.blobs(), workers=at_once, dry_run=dry_run)
            else:
                outcomes = chain.from_iterable(spread(each, act.blobs()))
            return InPlaceReport.of(outcomes, dry_run=dry_run, on_progress=on_progress)

        found = by_container(written, role)
        return {each: report for each, report in found.items() if report is not None}

    def encrypt_listed(
        self,
        role: Role,
        blobs: Iterable[BlobInfo],
        *,
        compress: bool = False,
        dry_run: bool = False,
        workers: int | None = None,
    ) -> list[Outcome]:
        """What `encrypt` does, with blobs that it has listed in any process.

        It may be called twice for the same blobs, such as when the process that did them died:
        what was done since they were listed is left alone, and counts as written. The arguments
        and errors are those of `encrypt`.
        """
        act = self._in_place(role, self._wanted(compress=compress), again=True)
        at_once = workers or self._containers.workers
        return list(act.run(blobs, workers=at_once, dry_run=dry_run))

    def lineage(self, role: Role, key: str, data: bytes) -> Lineage:
        """What a write of a copy of a blob is: of a tombstone it is ENDS, so that what tells of an
        erasure outlives the keys of the document. No I/O.
        """
        is_head = self._containers.keys.document_of(role, key) == key
        return Lineage.ENDS if is_head and is_tombstone(key, data) else Lineage.CONTINUES

    def open_blob(self, role: Role, key: str, *, raw: bool = False) -> BinaryIO:
        """A seekable reader of one blob in bounded memory; `raw`: of the stored bytes.

        Raises: InvalidKeyError, for a record of keys too unless it is `raw`; NotFoundError;
        ConfigurationError for what a layer has encoded that is off.
        """
        validate_key(key)
        parts = self._parts(role)
        if raw:
            return parts.stored.open_read(key)
        stream = parts.files.open_read(key)
        if off := undecoded(stream.read(MARK_BYTES), key):
            stream.close()
            raise off
        stream.seek(0)
        return stream

    def _provider(self) -> KeyProvider:
        if not self._settings.encryption.is_on:
            raise ConfigurationError(
                "encryption is off: there are no keys",
                hint="Set storage.encryption.provider: key_file or azure_key_vault; "
                "`keys init --key-file ./vault.key` makes a key file.",
            )
        return self._containers.keys.provider()

    def _vault_key(self) -> VaultKey:
        return self._administration("data").masters.vault_key()

    def _has_keys(self, role: Role) -> bool:
        return self._administration(role).stored_container() is not None

    def _create(self, role: Role) -> KeysMade:
        if self._settings.auto_create_containers:
            self._parts(role).stored.ensure_container()
        return self._administration(role).create()

    def _withdraw(self, role: Role) -> None:
        files = self._containers.files(role)
        for error in files.delete_many(list(files.list_keys(SNAPSHOTS))).values():
            if error is not None:
                raise error

    def _parts(self, role: Role) -> Parts:
        return self._containers.parts(role)

    def _wanted(self, *, compress: bool) -> tuple[str, ...]:
        if self._settings.encryption.is_on or not compress:
            self._provider()
        return marks_wanted(self._settings, compress=compress)

    def _in_place(self, role: Role, wanted: tuple[str, ...], *, again: bool = False) -> InPlace:
        parts = self._parts(role)
        marks = [mark for name, mark in marks_of(parts) if name in wanted]
        return InPlace(parts.files, marks, partial(self.lineage, role), again)

    def _refuse_foreign(self, role: Role) -> None:
        """Raises: InvalidKeyError when the application has blobs where records of keys belong."""
        for name in self._administration(role).foreign():
            raise InvalidKeyError(
                f"{name!r} lies where the keys of the encryption belong",
                key=name,
                hint="Move what is below keys/ elsewhere before encryption is switched on.",
            )

    def _destroyed(
        self, master: str, role: Role, *, grace: timedelta, dry_run: bool
    ) -> KeysDestroyed | None:
        """None where the container has no such master key."""
        with suppress(NotFoundError):
            if master.isalnum():  # else it is no name, and may be a path
                keys = self._administration(role)
                return self._dated(keys.destroy_master(master, grace=grace, dry_run=dry_run))
        return None

    def _all_destroyed(self, role: Role, *, dry_run: bool) -> KeysDestroyed:
        try:
            return self._dated(self._administration(role).destroy_everything(dry_run=dry_run))
        finally:
            if not dry_run:
                forget(self._containers, role)

    def _dated(self, done: KeysDestroyed) -> KeysDestroyed:
        days, at = self._settings.retention_days, done.destroyed_at
        until = None if at is None or days is None else at + timedelta(days=days)
        return replace(done, recoverable_until=until)
