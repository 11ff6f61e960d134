"""In place: what a container holds is written anew as its configuration says, sealed and packed.

Each blob is looked at by its first bytes, so that what is done already is left alone and a run
that was stopped goes on by itself. It is read, written back on condition of its ETag, and read
back. Who writes it meanwhile wins, and then it is looked at again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from enum import Enum
from typing import BinaryIO, Final, Self

from ingenious_storage.backends.base import (
    BINARY,
    Backend,
    BlobInfo,
    GetOptions,
    IfMatch,
    Lineage,
    PutOptions,
)
from ingenious_storage.config import StorageSettings
from ingenious_storage.documents.format.parsing import parse_head
from ingenious_storage.errors import (
    AuthenticationError,
    ConfigurationError,
    ConflictError,
    ContainerNotFoundError,
    CorruptObjectError,
    KeyRefusedError,
    KeyUnavailableError,
    NotFoundError,
    PermissionDeniedError,
    StorageError,
)
from ingenious_storage.keys import SNAPSHOTS
from ingenious_storage.runtime.parallel import map_stream
from ingenious_storage.wiring import Parts

_TRIES: Final = 10
_LARGE: Final = 8 * 1024 * 1024
"""Bytes above which a blob is not held in memory whole."""
_CHUNK: Final = 1024 * 1024
_FATAL: Final = (
    AuthenticationError,
    ConfigurationError,
    ContainerNotFoundError,
    KeyRefusedError,
    KeyUnavailableError,
    PermissionDeniedError,
)
"""What one blob meets, and every other one would."""


class Done(Enum):
    """What became of a blob."""

    WRITTEN = "written"
    """Or would be, in a dry run."""
    ALREADY = "already"
    """It was as the configuration says."""
    GONE = "gone"
    """Deleted since it was listed."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A blob, and what became of it."""

    key: str
    done: Done
    size: int = 0
    """Stored bytes before, of one that was written."""
    error: StorageError | None = None


@dataclass
class InPlaceReport:
    """What a run found and did in one container. Bytes are those that were stored before."""

    dry_run: bool = False
    written: int = 0
    bytes: int = 0
    already: int = 0
    gone: int = 0
    failures: dict[str, StorageError] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        outcomes: Iterable[Outcome],
        *,
        dry_run: bool,
        on_progress: Callable[[Outcome], None],
    ) -> Self:
        """All of them together, each told as it comes."""
        report = cls(dry_run)
        for outcome in outcomes:
            report.add(outcome)
            on_progress(outcome)
        return report

    def add(self, outcome: Outcome) -> None:
        """Count one more."""
        if outcome.done is Done.WRITTEN:
            self.written += 1
            self.bytes += outcome.size
        elif outcome.done is Done.ALREADY:
            self.already += 1
        elif outcome.done is Done.GONE:
            self.gone += 1
        elif outcome.error is not None:
            self.failures[outcome.key] = outcome.error


def marks_wanted(settings: StorageSettings, *, compress: bool) -> tuple[str, ...]:
    """The layers whose mark every blob is to carry. Raises: ConfigurationError."""
    if compress and not settings.compression.enabled:
        raise ConfigurationError(
            "compression is off", hint="Set storage.compression.enabled: true."
        )
    if not settings.encryption.is_on:
        return ("compress",)
    if not settings.encryption.accept_plain:
        raise ConfigurationError(
            "what is not encrypted yet cannot be read: storage.encryption.accept_plain is off",
            hint="Set it to true for every process until `keys encrypt` has ended.",
        )
    return ("compress", "encrypt") if compress else ("encrypt",)


@dataclass(frozen=True, slots=True)
class Mark:
    """What a layer writes in front of each blob, and where it is to be seen."""

    magic: bytes
    seen_through: Backend
    """The layers beneath it."""


@dataclass(frozen=True)
class InPlace:
    """One container, and what to do with each of its blobs. Thread-safe.

    Attributes:
        files: all layers that change data; they have to accept what is plain.
        marks: of the layers whose mark every blob is to carry.
        lineage: of a write of these bytes at this key.
        again: these blobs may have been done since they were listed, by a worker that died before
            it could say so: they count as written, by whomever.
    """

    files: Backend
    marks: Sequence[Mark]
    lineage: Callable[[str, bytes], Lineage]
    again: bool = False

    def run(self, blobs: Iterable[BlobInfo], *, workers: int, dry_run: bool) -> Iterator[Outcome]:
        """Each blob. The error of one is its outcome; those that all would meet are raised."""
        return map_stream(self._look if dry_run else self._one, blobs, workers=workers)

    def blobs(self) -> Iterator[BlobInfo]:
        """Those of the container, but for two kinds. What stands for a folder has no bytes, and
        would stand for none with some; what the catalogue has published is made anew."""
        for info in self.files.iterate(metadata=True):
            if not (info.is_folder_marker or info.key.startswith(SNAPSHOTS)):
                yield info

    def _look(self, listed: BlobInfo) -> Outcome:
        try:
            done = Done.WRITTEN if self._done(listed.key) is None else Done.ALREADY
        except NotFoundError:
            done = Done.GONE
        return Outcome(listed.key, done, listed.size)

    def _one(self, listed: BlobInfo) -> Outcome:
        try:
            return self._until_settled(listed)
        except NotFoundError:
            return Outcome(listed.key, Done.GONE)
        except _FATAL:
            raise
        except StorageError as error:
            return Outcome(listed.key, Done.FAILED, error=error)

    def _until_settled(self, listed: BlobInfo) -> Outcome:
        key, met = listed.key, ConflictError("it is written all the time", key=listed.key)
        for tried in range(_TRIES):
            if (etag := self._done(key)) is not None:
                again = self.again and etag != listed.etag
                if tried or again:  # by somebody else, or by a write of ours whose answer was lost
                    self._digest(key)
                return (
                    Outcome(key, Done.WRITTEN, listed.size) if again else Outcome(key, Done.ALREADY)
                )
            try:
                self._write(listed)
            except ConflictError as error:
                met = error
            else:
                return Outcome(key, Done.WRITTEN, listed.size)
        raise met

    def _done(self, key: str) -> str | None:
        """The ETag of a blob that carries every mark; None while one is missing."""
        etag = None
        for mark in self.marks:
            begin = mark.seen_through.get(key, GetOptions((0, len(mark.magic))))
            if begin.data != mark.magic:
                return None
            etag = begin.info.etag
        return etag

    def _write(self, listed: BlobInfo) -> None:
        """Raises: ConflictError when it is another one meanwhile."""
        key = listed.key
        if listed.size > _LARGE:
            self._write_large(self.files.head(key))
            return
        blob = self.files.get(key)
        info = blob.info if self.files.reads_properties else self.files.head(key)
        lineage = self.lineage(key, blob.data)
        written = self.files.put(key, blob.data, _options(info, blob.info.etag, lineage))
        back = self.files.get(key)
        _require_ours(back.info, written)
        _require_equal(key, equal=back.data == blob.data)

    def _write_large(self, info: BlobInfo) -> None:
        """It is read once more, as there is no place to keep it."""
        before = self._digest(info.key)
        with closing(self.files.open_read(info.key)) as stream:
            options = _options(info, info.etag, Lineage.CONTINUES)
            written = self.files.upload(info.key, stream, options)
        after = self._digest(info.key)
        _require_ours(self.files.head(info.key), written)
        _require_equal(info.key, equal=before == after)

    def _digest(self, key: str) -> bytes:
        with closing(self.files.open_read(key)) as stream:
            return _sha256(stream)


def _options(info: BlobInfo, etag: str, lineage: Lineage) -> PutOptions:
    """`etag` is of what was read: it is never written over anything else."""
    if info.etag != etag:
        raise ConflictError("somebody wrote it meanwhile", key=info.key)
    return PutOptions(info.content_type or BINARY, info.properties, IfMatch(etag), lineage)


def _require_ours(found: BlobInfo, written: BlobInfo) -> None:
    if found.etag != written.etag:
        raise ConflictError("somebody wrote it meanwhile", key=found.key)


def _sha256(stream: BinaryIO) -> bytes:
    total = hashlib.sha256()
    while data := stream.read(_CHUNK):
        total.update(data)
    return total.digest()


def _require_equal(key: str, *, equal: bool) -> None:
    if not equal:
        raise CorruptObjectError(
            "what was read back is not what was written",
            key=key,
            hint="Stop here, keep the account's older version of it, and report this.",
        )


def is_tombstone(key: str, data: bytes) -> bool:
    """Whether it is what a purge left; all else is told by a look at its bytes."""
    if b'"deleted":true' not in data:
        return False
    try:
        return parse_head(data, key=key, etag=None).purged
    except StorageError:  # it is damaged, or no document: it stays as it is
        return False


def marks_of(parts: Parts) -> Iterator[tuple[str, Mark]]:
    """The outer ones last, since they are seen only when the inner ones can be."""
    for name, (magic, beneath) in reversed(tuple(parts.marks.items())):
        yield name, Mark(magic, beneath)
