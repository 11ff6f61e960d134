"""Errors of a migration, in the words of its user."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ingenious_storage.errors import (
    ConfigurationError,
    ConflictError,
    InvalidKeyError,
    NotFoundError,
    PermissionDeniedError,
    StorageError,
    UnavailableError,
)

_FULL: Final = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG})
_DENIED: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ELOOP})
_NAMES: Final = frozenset(
    {errno.ENAMETOOLONG, errno.EILSEQ, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY}
)


class MigrationError(StorageError):
    """A migration cannot go on."""

    code = "migration_failed"
    default_hint = "Nothing is lost: run it again, it goes on from its journal."


class LocationError(MigrationError, ConfigurationError):
    """`--from` or `--to` names nothing that can be copied from or to."""

    code = "invalid_location"
    default_hint = (
        "Give a folder (./x, ../x or /x), a container of the active profile (data, revisions), "
        "or PROFILE:data, PROFILE:revisions."
    )


class ChangedError(MigrationError):
    """What is read is not what the listing said any more."""

    code = "changed_while_copied"
    default_hint = "Run it again when nothing writes to the source."


class DiskFullError(MigrationError):
    """No file can be written any more."""

    code = "disk_full"
    default_hint = "Free some space, or raise the quota, and run it again."


class CollisionError(MigrationError, ConflictError):
    """Two names of the source would become one key."""

    code = "name_collision"
    default_hint = "Rename one of each pair; `migrate plan` lists them."


class PlanError(MigrationError, ConflictError):
    """The plan was made for something else, or the data changed since."""

    code = "plan_mismatch"
    default_hint = "Make a new one: `migrate plan --output FILE`."


class JournalError(MigrationError):
    """The journal cannot be read."""

    code = "journal_damaged"
    default_hint = (
        "Move the file away and run again: what is at the target already is compared by hash, "
        "not copied twice."
    )


class JournalMismatchError(JournalError, ConflictError):
    """The journal belongs to another migration."""

    code = "journal_mismatch"
    default_hint = "Give another --journal, or none: each migration has a file of its own."


class JournalBusyError(JournalError, ConflictError):
    """Another run holds the journal."""

    code = "journal_busy"
    default_hint = "Wait for the other run to end; a run that was killed holds nothing."


class ReportError(MigrationError):
    """A verification report is not what was written."""

    code = "report_damaged"
    default_hint = "Make a new one: `migrate verify`."


@contextmanager
def translated(key: str | None) -> Iterator[None]:
    """Raise an OSError of the block as the StorageError that it means."""
    try:
        yield
    except OSError as error:
        if isinstance(error, StorageError):  # some of ours are OSErrors too
            raise
        raise _translate(error, key) from error


def _translate(error: OSError, key: str | None) -> StorageError:
    problem = error.strerror or str(error)
    if key is None and error.filename is not None:
        problem = f"{os.fsdecode(error.filename)}: {problem}"
    if error.errno in _FULL:
        return DiskFullError(problem, key=key)
    if error.errno in _DENIED:
        hint = "Check the rights of the folder and its files."
        return PermissionDeniedError(problem, key=key, hint=hint)
    if error.errno in _NAMES:
        hint = "This folder cannot hold that name: rename it, or take another target."
        return InvalidKeyError(problem, key=key, hint=hint)
    if error.errno == errno.ENOENT:
        return NotFoundError("it is gone", key=key, hint="It was deleted meanwhile: run again.")
    hint = "Look into the system's log: the disk or its file system reported an error."
    return UnavailableError(problem, key=key, hint=hint, retryable=False)
