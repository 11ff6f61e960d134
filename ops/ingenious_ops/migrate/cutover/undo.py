"""Rollback of a cutover: the application goes back, and what it leaves behind is listed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ingenious_ops.configuration import Configuration
from ingenious_ops.migrate.cutover import KEPT, profiles_file
from ingenious_ops.migrate.cutover.proof import files_of
from ingenious_ops.migrate.cutover.record import Places, Record, Watermark, digest
from ingenious_ops.migrate.errors import translated
from ingenious_ops.profiles.edit import Edit, edit_of, read_profiles, restore
from ingenious_ops.profiles.errors import ProfileError
from ingenious_storage import Storage
from ingenious_storage.config import ROLES, Role
from ingenious_storage.documents import is_bookkeeping
from ingenious_storage.errors import ContainerNotFoundError, NotFoundError, StorageError
from ingenious_storage.runtime.parallel import WORKERS, map_all


@dataclass(frozen=True, slots=True)
class Written:
    """Something at the new storage that the old one does not have like this."""

    container: str
    key: str
    last_modified: datetime
    size: int
    old: Literal["missing", "different"]


@dataclass(frozen=True, slots=True)
class Rollback:
    """What would be written to send the application back."""

    profile: str
    kept: str
    edit: Edit
    record: Record | None
    """None when it is gone: nobody knows what was written since."""

    def apply(self, at: datetime) -> None:
        """Raises: PermissionDeniedError, DiskFullError and their like."""
        with translated(None):
            self.edit.write()
        if self.record is not None:
            rolled_back = self.record.rolled_back(at.isoformat(timespec="seconds"))
            rolled_back.save(Places.of(self.edit.path, self.profile).record)


def prepare_rollback(configuration: Configuration, profile: str) -> Rollback | None:
    """How the profile gets back what it had; None when it has that already.

    Raises: NotFoundError when it was never cut over; ProfileError, CutoverRecordError.
    """
    path = profiles_file(configuration)
    profiles, text = read_profiles(path)
    places = Places.of(path, profile)
    record = Record.load(places.record)
    if record is None:
        kept = f"{profile}{KEPT}"
        if kept not in profiles.names():
            raise NotFoundError(
                f"the profile {profile!a} was not cut over",
                hint=f"There is no {places.record} and no profile {kept}.",
            )
    elif record.rolled_back_at is not None or digest(text) == record.before:
        return None
    else:
        kept = record.kept
        if kept not in profiles.names():
            raise ProfileError(
                f"the profile {profile} in {path} cannot be moved: {kept} is gone; "
                f"{places.backup} is the file as it was"
            )
    if record is not None and digest(text) == record.after and places.backup.exists():
        with translated(None):
            old = places.backup.read_bytes().decode("utf-8", "surrogateescape")
        if digest(old) == record.before:
            return Rollback(profile, kept, Edit(path, text, old), record)
    return Rollback(profile, kept, edit_of(text, restore(profiles, profile, kept)), record)


def written_since(configuration: Configuration, rollback: Rollback) -> list[Written]:
    """What the new storage got since the cutover and the old one does not have, by key.

    Raises: what the storages answer; ConfigurationError.
    """
    assert rollback.record is not None
    found: list[Written] = []
    with (
        Storage(configuration.of(rollback.profile).settings()) as new,
        Storage(configuration.of(rollback.kept).settings()) as old,
    ):
        for role in ROLES:
            mark = rollback.record.watermarks.get(role, Watermark())
            found += _written(new, old, role, mark)
    return found


def _written(new: Storage, old: Storage, role: Role, mark: Watermark) -> list[Written]:
    files, before = files_of(new, role), files_of(old, role)
    if not files.container_exists():
        if mark.at is None:
            return []
        raise ContainerNotFoundError(f"the container of {role} is gone")
    there = before.container_exists()
    candidates = [
        info for info in files.list_blobs() if mark.is_newer(info) and not is_bookkeeping(info.key)
    ]

    def compare(key: str) -> Literal["missing", "different"] | None:
        if not there:
            return "missing"
        try:
            return None if before.load_bytes(key) == files.load_bytes(key) else "different"
        except NotFoundError:
            return "missing"

    results = map_all(lambda info: compare(info.key), candidates, workers=WORKERS)
    written: list[Written] = []
    for info, state in zip(candidates, results, strict=True):
        if isinstance(state, StorageError):
            raise state
        if state is not None:
            written.append(Written(role, info.key, info.last_modified, info.size, state))
    return written
