"""Key file: a vault key in a local file, for who has no vault.

JSON of mode 0600 that holds every version, newest first; the newest wraps, by AES-KW. It is read
at each call, so that a new version is seen at once. It is not kept in memory.
"""

from __future__ import annotations

import os
import secrets
import stat
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

import orjson
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from filelock import FileLock, Timeout

from ingenious_storage.errors import AlreadyExistsError, KeyRefusedError, KeyUnavailableError
from ingenious_storage.key_providers.base import (
    MASTER_KEY_BYTES,
    KeyProvider,
    VaultKey,
    Wrapped,
)
from ingenious_storage.key_providers.unwrapping import unwrapped
from ingenious_storage.runtime.secret import Secret
from ingenious_storage.whole_files import StagedFile, sync_folder, write_file

FORMAT: Final = "ingenious.key-file/1"
ALGORITHM: Final = "A256KW"
_MODE: Final = 0o600
_WAIT: Final = 10.0
"""Seconds for another process that adds a version."""


@dataclass(frozen=True, slots=True)
class _Version:
    id: str
    created_at: datetime
    secret: Secret

    def record(self) -> dict[str, str]:
        created_at = self.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        key = b64encode(self.secret.reveal()).decode()
        return {"id": self.id, "created_at": created_at, "key": key}


class KeyFile(KeyProvider):
    """The vault key in the file at `path`.

    Raises, in every method: KeyRefusedError when the file is missing, damaged, or open to others.
    """

    name = "key_file"

    def __init__(self, path: Path) -> None:
        self.path, self.place = path, str(path)

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make the file with one version. Raises: AlreadyExistsError, never overwrites; OSError."""
        failure = _created(path, _new_version())
        if isinstance(failure, FileExistsError):
            raise AlreadyExistsError(
                f"{path} is there already",
                hint="A key file is never overwritten: what it sealed would be lost.",
            )
        if failure is not None:
            raise failure
        return cls(path)

    def rotate(self) -> VaultKey:
        """Add a version, which wraps from now on; the older ones stay. A link is followed.

        Raises: KeyUnavailableError while another process does so; OSError.
        """
        # In place of a link, the file that others use and that is backed up would lack the version.
        file = KeyFile(self.path.resolve())
        try:
            with FileLock(f"{file.path}.lock", timeout=_WAIT, mode=_MODE):
                # A version that another process has added since would be lost.
                failure = _written(file.path, (_new_version(), *file._versions()))
        except Timeout:
            raise KeyUnavailableError(f"another process writes {self.path}") from None
        if failure is not None:
            raise failure
        return self.describe()

    def wrap(self, key: bytes) -> Wrapped:
        """By the newest version."""
        newest = self._versions()[0]
        return Wrapped(aes_key_wrap(newest.secret.reveal(), key), self._key_id(newest), ALGORITHM)

    def unwrap(self, wrapped: Wrapped) -> bytes:
        """By the version that wrapped it, whatever the file is called now."""
        wanted = wrapped.key_id.rpartition("/")[2]
        found = next((each for each in self._versions() if each.id == wanted), None)
        if found is None or wrapped.algorithm != ALGORITHM:
            raise KeyRefusedError(
                f"{self.path} has no version {wanted[:80]!r} that wraps by "
                f"{wrapped.algorithm[:80]!r}",
                operation="unwrap",
                hint="Name the key file that wrapped it, or restore its backup.",
            )
        key = unwrapped(found.secret, wrapped.data)
        if key is None:
            raise KeyRefusedError(
                f"{self._key_id(found)} did not wrap this",
                operation="unwrap",
                hint="The key file, or the record, was changed: restore it from its backup.",
            )
        return key.reveal()

    def describe(self) -> VaultKey:
        """The newest version; a key file is enabled and does not expire."""
        newest, *others = self._versions()
        return VaultKey(
            self._key_id(newest),
            enabled=True,
            created_at=newest.created_at,
            expires_at=None,
            other_versions=len(others),
        )

    def close(self) -> None:
        """Nothing is held."""

    def _key_id(self, version: _Version) -> str:
        return f"file:{self.path.name}/{version.id}"

    def _versions(self) -> tuple[_Version, ...]:
        self._check_mode()
        versions = _parsed(self.path)
        if isinstance(versions, str):
            raise KeyRefusedError(
                f"{self.path}: {versions}",
                hint="Restore the key file from its backup, or name another.",
            )
        return versions

    def _check_mode(self) -> None:
        try:
            mode = self.path.stat().st_mode
        except OSError as error:
            raise KeyRefusedError(
                f"the key file {self.path.absolute()} cannot be read: {error.strerror}",
                hint="Bring it back from its backup: no other opens what it sealed. "
                "`ingenious-storage keys init` makes one where nothing is sealed yet.",
            ) from None
        if stat.S_ISDIR(mode):
            raise KeyRefusedError(
                f"the key file {self.path} is a folder", hint="Name the file: it may be in there."
            )
        if not stat.S_ISREG(mode):
            raise KeyRefusedError(
                f"the key file {self.path} is no file, but a pipe or a device",
                hint="Name a file: it is read again and again.",
            )
        if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
            raise KeyRefusedError(
                f"others may read or write the key file {self.path}: mode {stat.S_IMODE(mode):04o}",
                hint=f"Run `chmod 600 {self.path}`, and think about who has read it.",
            )


def _new_version() -> _Version:
    now = datetime.now(UTC).replace(microsecond=0)
    return _Version(secrets.token_hex(8), now, Secret(os.urandom(MASTER_KEY_BYTES)))


def _created(path: Path, version: _Version) -> OSError | None:
    """Or what failed, without the frames that hold the keys."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with StagedFile(path, mode=_MODE) as file:
            file.write(_encoded((version,)))
            file.complete()
            file.place_new()
        sync_folder(path.parent)
    except OSError as error:
        return OSError(error.errno, error.strerror, str(path))
    return None


def _written(path: Path, versions: tuple[_Version, ...]) -> OSError | None:
    """As `_created`, in place of what is there."""
    try:
        write_file(path, _encoded(versions), mode=_MODE)
    except OSError as error:
        return OSError(error.errno, error.strerror, str(path))
    return None


def _encoded(versions: tuple[_Version, ...]) -> bytes:
    record = {"format": FORMAT, "keys": [version.record() for version in versions]}
    return orjson.dumps(record, option=orjson.OPT_INDENT_2)


def _parsed(path: Path) -> tuple[_Version, ...] | str:
    """Or what is wrong: an error raised here could carry the keys in its traceback."""
    try:
        record = orjson.loads(path.read_bytes())
        if record["format"] != FORMAT:
            return "no key file of a format that this release knows"
        versions = tuple(_version(each) for each in record["keys"])
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    except (ValueError, KeyError, TypeError):
        return "it is no key file"
    return versions or "it holds no key"


def _version(record: Any) -> _Version:
    secret = Secret(b64decode(record["key"], validate=True))
    created_at = datetime.fromisoformat(record["created_at"])
    if len(secret) != MASTER_KEY_BYTES or not isinstance(record["id"], str) or not record["id"]:
        raise ValueError("a version has another form")
    return _Version(record["id"], created_at, secret)
