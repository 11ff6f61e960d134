"""Sync: the index is made equal to what is stored, by reading what has changed.

The listing of each kind is compared with the ETags that the index holds. What differs is read,
several at a time, and put 200 at a time: a sync that is interrupted goes on there. It may run
beside others, in this process or another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Final, NamedTuple, TypeVar

from ingenious_storage import telemetry
from ingenious_storage.catalogue.index import Index
from ingenious_storage.catalogue.records import DocumentKind, Row, SyncReport
from ingenious_storage.catalogue.sources import Absent, Source
from ingenious_storage.catalogue.telemetry import count
from ingenious_storage.config import Role
from ingenious_storage.errors import (
    AuthenticationError,
    CorruptObjectError,
    PermissionDeniedError,
    StorageError,
    UnsupportedFormatError,
)
from ingenious_storage.runtime.parallel import map_stream

T = TypeVar("T")
Progress = Callable[[int, int], None]
"""Told how many documents were listed and how many read, now and then."""
NAMED: Final = 1000
"""Damaged documents that a report names."""
_BATCH: Final = 200
_REFUSALS: Final = (AuthenticationError, PermissionDeniedError)


class Damaged(NamedTuple):
    """A document that cannot be read."""

    key: str


Found = Row | Absent | Damaged
"""What a sync finds of one document."""


Spread = Callable[[DocumentKind, Iterator[str]], Iterable[list[Found]]]
"""Gets keys, and gives what `Catalogue.read` finds of them, some at a time and in their order."""


@dataclass
class Sync:
    """One run over any number of kinds, and what it has done so far."""

    index: Index
    progress: Progress = lambda _listed, _read: None
    spread: Spread | None = None
    """None: documents are read here."""
    listed: int = 0
    read: int = 0
    removed: int = 0
    damaged: int = 0
    unreadable: list[str] = field(default_factory=list)
    """Keys of the first that are damaged."""
    refused: dict[Role, StorageError] = field(default_factory=dict)
    """Containers that this identity may not read; their rows stay as they are."""

    def run(self, sources: Iterable[Source]) -> None:
        """One kind after the other. Raises: the errors of the store, and of the index."""
        for source in sources:
            if source.role not in self.refused:
                try:
                    self._run(source)
                except _REFUSALS as error:
                    self.refused[source.role] = error

    def cannot_use(self, key: str) -> None:
        """A published snapshot that is damaged, or that another release wrote."""
        self.unreadable.append(key)

    def report(self, *, from_snapshot: bool) -> SyncReport:
        """What was done."""
        return SyncReport(
            listed=self.listed,
            read=self.read,
            removed=self.removed,
            damaged=self.damaged,
            unreadable=tuple(self.unreadable),
            refused=self.refused,
            from_snapshot=from_snapshot,
        )

    def _run(self, source: Source) -> None:
        with self.index.listing(source.kind) as listing:
            for page in batches(source.listed(), _BATCH):
                listing.add(page)
                self._tell(listed=len(page))
            keys = (key for key, _ in listing.changed())
            for batch in self._found(source, keys):
                self._keep(source, batch, since=listing.began)
            self._removed(source, listing.remove_gone())

    def _found(self, source: Source, keys: Iterator[str]) -> Iterable[list[Found]]:
        if self.spread is None:
            return batches(read(source, keys), _BATCH)
        return self.spread(source.kind, keys)

    def _keep(self, source: Source, batch: list[Found], *, since: int) -> None:
        rows = [each for each in batch if isinstance(each, Row)]
        self.index.put(rows, since=since)
        absent = [each for each in batch if isinstance(each, Absent)]
        purged = ((each.key, each.etag) for each in absent if each.etag is not None)
        gone = (each.key for each in absent if each.etag is None)
        self._removed(source, self.index.put_absent(source.kind, purged) + self.index.remove(gone))
        damaged = [each.key for each in batch if isinstance(each, Damaged)]
        self.damaged += len(damaged)
        self.unreadable += damaged[: max(0, NAMED - len(self.unreadable))]
        count(source.role, "read", len(rows))
        count(source.role, "damaged", len(damaged))
        self._tell(read=len(batch))

    def _removed(self, source: Source, number: int) -> None:
        self.removed += number
        count(source.role, "removed", number)

    def _tell(self, *, listed: int = 0, read: int = 0) -> None:
        self.listed += listed
        self.read += read
        self.progress(self.listed, self.read)


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of `size` items, the last of fewer."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def read(source: Source, keys: Iterable[str]) -> Iterator[Found]:
    """Each document as it is now, several at a time, in order. Raises: the errors of the store."""
    return map_stream(partial(_read, source), keys, workers=source.reader.workers)


def _read(source: Source, key: str) -> Found:
    try:
        return source.read(key)
    except (CorruptObjectError, UnsupportedFormatError) as error:
        if isinstance(error, CorruptObjectError):
            telemetry.corrupt_object_met(error, source.role)
        return Damaged(key)
