"""From the operating system's errors to those of the library: by number, never by message."""

from __future__ import annotations

import errno
from types import TracebackType
from typing import Final

from ingenious_storage.errors import (
    InvalidKeyError,
    ObjectTooLargeError,
    PermissionDeniedError,
    StorageError,
    UnavailableError,
)


def _numbers(*names: str) -> frozenset[int]:
    return frozenset(getattr(errno, name) for name in names if hasattr(errno, name))


_FULL: Final = _numbers("ENOSPC", "EDQUOT")
_DENIED: Final = _numbers("EACCES", "EPERM")
_LINK: Final = _numbers("ELOOP", "EMLINK", "EFTYPE")  # how systems answer O_NOFOLLOW
_FOLDER: Final = _numbers("ENOTDIR", "EISDIR", "EEXIST", "ENOTEMPTY")
_NAME: Final = _numbers("ENAMETOOLONG", "EILSEQ")
_PASSING: Final = _numbers(
    "EAGAIN", "EBUSY", "EINTR", "EMFILE", "ENFILE", "ENOENT", "ENOLCK", "ENOMEM", "ESTALE",
    "ETIMEDOUT", "ETXTBSY", "EDEADLK",
)  # fmt: skip


class Translated:
    """Turns an OSError into a StorageError; `unknown`: the write may have landed already.

    A class, because every call passes several and a generator costs four times as much.
    """

    __slots__ = ("_key", "_operation", "_unknown")

    def __init__(self, operation: str, key: str | None, *, unknown: bool = False) -> None:
        self._operation, self._key, self._unknown = operation, key, unknown

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Some of ours are OSErrors too.
        if isinstance(error, OSError) and not isinstance(error, StorageError):
            raise translate(error, self._operation, self._key, unknown=self._unknown) from error


def translate(
    error: OSError, operation: str, key: str | None, *, unknown: bool = False
) -> StorageError:
    """The library's error for an OSError; `unknown`: a write may have landed."""
    kind, hint, retryable = _classify(error.errno)
    return kind(
        f"{operation} failed: {error.strerror or error}",
        operation=operation,
        key=key,
        hint=hint,
        retryable=retryable,
        outcome_unknown=unknown,
    )


def _classify(number: int | None) -> tuple[type[StorageError], str, bool]:
    if number in _FULL:
        return UnavailableError, "The disk or the quota is full: free some space.", False
    if number in _DENIED:
        return PermissionDeniedError, "Give this user write access to the data folder.", False
    if number == errno.EROFS:
        hint = "The file system is mounted read-only: name another folder in storage.base_path."
        return PermissionDeniedError, hint, False
    if number in _LINK:
        hint = "Links and devices in the data folder are never followed: remove it."
        return PermissionDeniedError, hint, False
    if number in _FOLDER:
        hint = "On disk a key cannot also be the folder of other keys: choose another key."
        return InvalidKeyError, hint, False
    if number in _NAME:
        return InvalidKeyError, "This file system cannot hold so long a key: shorten it.", False
    if number == errno.EFBIG:
        return ObjectTooLargeError, "This file system cannot hold so large a file.", False
    hint = "Look into the system's log: the disk or its file system reported an error."
    return UnavailableError, hint, number in _PASSING
