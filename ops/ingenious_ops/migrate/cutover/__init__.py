"""Cutover: it sends an application to the storage that a migration filled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ingenious_ops.configuration import Configuration
from ingenious_ops.migrate.cutover.proof import (
    Proof,
    files_of,
    require_another,
    require_answers,
    require_proof,
)
from ingenious_ops.migrate.cutover.record import Places, Record, Watermark, digest
from ingenious_ops.migrate.errors import translated
from ingenious_ops.profiles.edit import Edit, edit_of, move, read_profiles
from ingenious_storage import Storage
from ingenious_storage.config import PROFILES, ROLES, find_file, read_variables
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.whole_files import write_file

KEPT: Final = "-before-migration"


@dataclass(frozen=True, slots=True)
class Cutover:
    """What would be written, and why it may be."""

    profile: str
    to: str
    kept: str
    edit: Edit
    proofs: Sequence[Proof]
    watermarks: dict[str, Watermark]

    def apply(self, at: datetime) -> None:
        """The backup and the record first, then the file: a crash leaves the old one or the new.

        Raises: PermissionDeniedError, DiskFullError and their like.
        """
        places = Places.of(self.edit.path, self.profile)
        record = Record(
            self.profile,
            self.to,
            self.kept,
            at.isoformat(timespec="seconds"),
            str(self.edit.path.resolve()),
            digest(self.edit.old),
            digest(self.edit.new),
            tuple(proof.sha256 for proof in self.proofs),
            self.watermarks,
        )
        with translated(None):
            places.backup.parent.mkdir(exist_ok=True)
            mode = self.edit.path.stat().st_mode & 0o777
            places.backup.unlink(missing_ok=True)  # it may have had other rights
            write_file(places.backup, self.edit.old, mode=mode)  # it may hold secrets
            record.save(places.record)
            self.edit.write()


def profiles_file(configuration: Configuration) -> Path:
    """The profiles.yml that the library would read. Raises: ConfigurationError for none."""
    here = Path()
    named = read_variables(here).chosen(configuration.profiles, "INGENIOUS_PROFILES")
    found = find_file(here, named, *PROFILES)
    if found is None:
        raise ConfigurationError(
            "there is no profiles.yml", hint="Write one: `ingenious-storage init`."
        )
    return found[0]


def prepare_cutover(
    configuration: Configuration,
    profile: str,
    to: str,
    *,
    reports: Sequence[Path] = (),
    unverified: bool = False,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Cutover | None:
    """Check everything; nothing is written. None when `profile` has that storage already.

    Raises: NotFoundError for no such profile, ProfileError, UnverifiedError, ConfigurationError,
    ContainerNotFoundError, and what the storages answer.
    """
    profiles, text = read_profiles(profiles_file(configuration))
    if profiles.storage(profile) == profiles.storage(to):
        return None
    kept = _free_name(profiles.names(), profile, now())
    edit = edit_of(text, move(profiles, profile, to, kept))
    proofs: Sequence[Proof] = ()
    with Storage(configuration.of(to).settings()) as new:
        require_answers(new)
        if not unverified:
            with Storage(configuration.of(profile).settings()) as old:
                require_another(old, new)
                proofs = require_proof(old, new, reports)
        marks: dict[str, Watermark] = {role: Watermark.of(files_of(new, role)) for role in ROLES}
    return Cutover(profile, to, kept, edit, proofs, marks)


def _free_name(taken: Sequence[str], profile: str, now: datetime) -> str:
    name = f"{profile}{KEPT}"
    if name not in taken:
        return name
    dated = f"{name}-{now:%Y-%m-%d}"
    tries = [dated, *(f"{dated}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in tries if name not in taken)
