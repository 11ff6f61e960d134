"""Errors of a migration, in the words of its user."""

from __future__ import annotations

import errno
import os
from types import TracebackType
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


class LayoutNotFoundError(MigrationError, NotFoundError):
    """Nothing of the framework is at the source."""

    code = "layout_not_found"
    default_hint = (
        "Give the folder that holds memory/ and templates/prompts/ (in the framework's settings "
        "INGENIOUS_FILE_STORAGE__DATA__PATH), or one of these with --only memory or --only prompts."
    )


class LayoutAmbiguousError(MigrationError, ConflictError):
    """There are two trees of the framework at the source."""

    code = "layout_ambiguous"
    default_hint = "Give one of them as --from."


class DeletedError(MigrationError, ConflictError):
    """Somebody deleted at the target what the source still has."""

    code = "deleted_at_target"
    default_hint = (
        "It is not brought back. `memory restore` or `prompts rollback` does that; or remove it "
        "from the source."
    )


class UnverifiedError(MigrationError):
    """No report shows that the new storage holds what the old one does."""

    code = "not_verified"
    default_hint = "Run `migrate verify` after the last `migrate run`, then this again."


class CutoverRecordError(MigrationError):
    """The record of a cutover is not what was written."""

    code = "cutover_record_damaged"
    default_hint = (
        "Move it away: `migrate rollback` then goes by the profile that was kept, and cannot say "
        "what was written since."
    )


class _Translated:
    """Each object passes several: as generators they would take ten times as long."""

    __slots__ = ("_key",)

    def __init__(self, key: str | None) -> None:
        self._key = key

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Some StorageErrors are OSErrors too.
        if isinstance(error, OSError) and not isinstance(error, StorageError):
            raise _translate(error, self._key) from error


def translated(key: str | None) -> _Translated:
    """Raise an OSError of the block as the StorageError that it means."""
    return _Translated(key)


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
