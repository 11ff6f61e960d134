"""Copy of one object: it is left as it is, copied, or refused."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from enum import StrEnum
from typing import BinaryIO, Final, Protocol, cast

from ingenious_ops.migrate.ends.base import Ends, Item
from ingenious_ops.migrate.ends.hashing import (
    SMALL,
    HashingReader,
    measured,
    sha256_of,
    while_unchanged,
)
from ingenious_ops.migrate.ends.properties import differences
from ingenious_ops.migrate.errors import ChangedError
from ingenious_ops.migrate.journal import Entry
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    NotFoundError,
    StorageError,
)


class Status(StrEnum):
    """What became of an object."""

    COPIED = "copied"
    """It was not at the target."""
    UPDATED = "updated"
    """The source changed since an earlier run copied it."""
    OVERWRITTEN = "overwritten"
    """The target was of somebody else, and --overwrite said to replace it."""
    EQUAL = "equal"
    """The target had it already: compared by hash, nothing written."""
    UNCHANGED = "unchanged"
    """An earlier run copied it, and neither end has changed: nothing read."""
    CONFLICT = "conflict"
    """The target is newer, or of somebody else: nothing written."""
    FAILED = "failed"


_HINT: Final = "Look at both; --overwrite replaces the target's."
WRITTEN: Final = frozenset({Status.COPIED, Status.UPDATED, Status.OVERWRITTEN})


@dataclass(frozen=True, slots=True)
class Outcome:
    """An object of the source, and what became of it."""

    item: Item
    status: Status
    error: StorageError | None = None
    """Of a conflict or a failure."""

    @property
    def size(self) -> int:
        """Bytes of the object at the source."""
        return self.item.size


@dataclass(frozen=True, slots=True)
class _Decision:
    """What to write: `data` is None for what is read and hashed while it is written."""

    status: Status
    sha256: str | None = None
    size: int = 0
    """Bytes of what `sha256` is of."""
    data: bytes | None = None
    replace: str | None = None


class Notes(Protocol):
    """What keeps the entries of a run, such as a Journal."""

    def add(self, entry: Entry) -> None:
        """Note an object that is at the target."""


@dataclass(frozen=True)
class Copier:
    """Copies one object at a time; thread-safe. Without a journal it only says what it would do.

    Attributes:
        present: what is at the target, by key, when the run begins.
        done: what earlier runs have written down.
        refused: what the target will not take, by key.
    """

    ends: Ends
    present: Mapping[str, Item]
    done: Mapping[str, Entry]
    journal: Notes | None = None
    overwrite: bool = False
    refused: Mapping[str, StorageError] = field(default_factory=dict)

    def copy(self, item: Item) -> Outcome:
        """Never raises for what concerns this object alone."""
        if (known := self.settled(item)) is not None:
            return known
        entry, present = self.done.get(item.key), self.present.get(item.key)
        try:
            return while_unchanged(
                self.ends.source, item, lambda now: self._copy(now, entry, present)
            )
        except StorageError as error:
            return _refused(item, error)

    def settled(self, item: Item) -> Outcome | None:
        """What becomes of an item that no request is needed for; None for any other."""
        entry, present = self.done.get(item.key), self.present.get(item.key)
        if (
            entry
            and present
            and (entry.source, entry.target) == (item.version, present.version)
            and not self._lacks(item, present)
        ):
            return Outcome(item, Status.UNCHANGED)
        error = self.refused.get(item.key)
        return None if error is None else _refused(item, error)

    def _copy(self, item: Item, entry: Entry | None, present: Item | None) -> Outcome:
        decision = self._decide(item, entry, present)
        if self.journal is None:
            return Outcome(item, decision.status)
        if decision.status is Status.EQUAL:
            assert present is not None
            assert decision.sha256 is not None
            self._note(item, decision.size, decision.sha256, present.version)
            return Outcome(item, Status.EQUAL)
        size, sha256, version = self._write(item, decision)
        self._note(item, size, sha256, version)
        return Outcome(item, decision.status)

    def _decide(self, item: Item, entry: Entry | None, present: Item | None) -> _Decision:
        """Raises: ConflictError when the target may not be replaced."""
        if present is None and self.journal is None and not self.ends.source.must_be_read:
            return _Decision(Status.COPIED)
        data = self.ends.source.read(item) if item.size <= SMALL else None
        if present is None:
            return _Decision(Status.COPIED, data=data)
        source = self.ends.source
        sha256, size = measured(source, item) if data is None else (_sha256(data), len(data))
        known = self._hash_at_target(size, entry, present)
        if known == sha256 and not self._lacks(item, present):
            return _Decision(Status.EQUAL, sha256, size)
        status = self._permission(entry, present, known, sha256, item)
        return _Decision(status, sha256, size, data, present.version)

    def _hash_at_target(self, size: int, entry: Entry | None, present: Item) -> str | None:
        """None where another size says enough."""
        target = self.ends.target
        if entry is not None and entry.target == present.version:
            return entry.sha256
        if present.sha256 is not None:
            return present.sha256
        sizes = {size} if entry is None else {size, entry.size}
        if target.exact_sizes and present.size not in sizes:
            return None
        try:
            return sha256_of(target, present)
        except (ChangedError, NotFoundError):
            raise _meanwhile(present.key) from None

    def _lacks(self, item: Item, present: Item) -> list[str]:
        return differences(item, present) if self.ends.target.keeps_properties else []

    def _permission(
        self, entry: Entry | None, present: Item, known: str | None, sha256: str, item: Item
    ) -> Status:
        ours = entry is not None and (entry.target == present.version or entry.sha256 == known)
        if ours:
            return Status.UPDATED
        if self.overwrite:
            return Status.OVERWRITTEN
        raise ConflictError(
            "the target has the same bytes with other properties: "
            + ", ".join(self._lacks(item, present))
            if known == sha256
            else "the target has another object of this name"
            if entry is None
            else "the target was changed since it was copied",
            key=present.key,
            hint=_HINT,
        )

    def _write(self, item: Item, decision: _Decision) -> tuple[int, str, str]:
        """Bytes, hash and new version of what was written. Raises: ConflictError."""
        target, replace = self.ends.target, decision.replace
        if decision.data is not None:
            size, sha256 = len(decision.data), decision.sha256 or _sha256(decision.data)
            try:
                return size, sha256, target.put(item, decision.data, replace=replace)
            except (AlreadyExistsError, ConflictError):
                return size, sha256, self._settled(item, sha256)
        with closing(self.ends.source.open(item)) as stream:
            reader = HashingReader(stream)
            try:
                version = target.upload(item, cast("BinaryIO", reader), replace=replace)
            except (AlreadyExistsError, ConflictError):
                version = self._settled(item, reader.sha256)
            return reader.size, reader.sha256, version

    def _settled(self, item: Item, sha256: str) -> str:
        """The version at the target, if that is what we sent: an earlier try has landed.

        Raises: ConflictError when it is somebody else's.
        """
        target = self.ends.target
        now = target.find(item.key)
        if now is not None and (now.sha256 or sha256_of(target, now)) == sha256:
            return now.version
        raise _meanwhile(item.key)

    def _note(self, item: Item, size: int, sha256: str, version: str) -> None:
        if self.journal is not None:
            self.journal.add(Entry.now(item.key, size, sha256, source=item.version, target=version))


def _refused(item: Item, error: StorageError) -> Outcome:
    conflicts = isinstance(error, AlreadyExistsError | ConflictError)
    return Outcome(item, Status.CONFLICT if conflicts else Status.FAILED, error)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _meanwhile(key: str) -> ConflictError:
    return ConflictError("somebody else wrote to the target meanwhile", key=key, hint=_HINT)
