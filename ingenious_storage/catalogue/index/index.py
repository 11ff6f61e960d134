"""`Index`: the documents of one storage in a local SQLite file, with their words.

Whatever uses the file raises CatalogueUnusableError where it is damaged or of another version: it
is then discarded and made anew. CatalogueUnsupportedError: this SQLite has no full-text search.
UnavailableError: another process keeps it locked, or the disk is full. PermissionDeniedError.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from ingenious_storage.catalogue.index import checking, state
from ingenious_storage.catalogue.index import rows as stored
from ingenious_storage.catalogue.index.database import Database
from ingenious_storage.catalogue.index.listing import Listing
from ingenious_storage.catalogue.records import CatalogueStatus, DocumentKind, Row
from ingenious_storage.errors import UnavailableError
from ingenious_storage.runtime.unpickled import Unpickled

if TYPE_CHECKING:
    import sqlite3

T = TypeVar("T")
_BATCH: Final = 200
"""Rows of a transaction: a larger one makes who reads wait, and the log of the file grow."""
_STEP: Final = 500
"""Pages that are merged in one transaction."""


_WORK: Final = 2
"""Changes that a merge has made if it did something, as SQLite's documentation says."""


class Index(Unpickled):
    """What is held of each document. Making one does no I/O; the file is made by its first use.

    Thread-safe; several processes may use one file at once; a forked child opens its own
    connections.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.database = path, Database(path)

    @property
    def exists(self) -> bool:
        """Whether there is a file, of whatever kind."""
        return self.path.exists()

    @property
    def bytes(self) -> int:
        """Of the file, and of what is written beside it and not yet in it."""
        files = (self.path, self.path.with_name(self.path.name + "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def put(self, rows: Iterable[Row], *, since: int | None = None) -> int:
        """Hold these in place of those of the same keys, 200 a transaction: how many.

        Args:
            since: `began` of the listing that they were read for; what was forgotten since then is
                left out.
        """
        return self._in_batches(rows, partial(_write, since))

    def forget(self, kind: DocumentKind, keys: Iterable[str]) -> int:
        """As `remove`; and a sync that has read them already does not put them again."""
        return self._in_batches(keys, partial(_forget, kind))

    def remove(self, keys: Iterable[str]) -> int:
        """Take documents out; unknown keys are fine: how many there were.

        Their words may remain in the file until `scrub`.
        """
        return self._in_batches(keys, stored.remove)

    def put_absent(self, kind: DocumentKind, blobs: Iterable[tuple[str, str]]) -> int:
        """Hold that the blobs of these keys and ETags are of no document: how many were taken out.

        Their words may remain in the file until `scrub`.
        """
        return self._in_batches(blobs, partial(_absent, kind))

    def rows(self, kind: DocumentKind) -> Iterator[Row]:
        """All rows of a kind, in the order of their keys. It may be written to meanwhile."""
        page: list[Row] = []
        while True:
            with self.database.reading() as db:
                page = stored.page(db, kind, page[-1].key if page else "", _BATCH)
            if not page:
                return
            yield from page

    def scrub(self, *, always: bool = False) -> None:
        """Rewrite what still has words of what was removed, so that the file holds none of them.

        Nothing is done when nothing was removed since the last one, unless `always`. It takes some
        seconds a million documents, in short transactions.

        Raises: UnavailableError when somebody reads all the time, so that they are still in the
        log beside the file.
        """
        remains = self._value(state.REMAINS)
        if remains is None and not always:
            return
        self._merge(-_STEP)
        while self._merge(_STEP):
            pass
        with self.database.writing() as db:
            db.execute("delete from state where (name, value) = (?, ?)", (state.REMAINS, remains))
        self.checkpoint()

    def checkpoint(self) -> None:
        """Move all that is written beside the file into it. Raises: UnavailableError."""
        with self.database.reading() as db:
            is_busy, _, _ = db.execute("pragma wal_checkpoint(truncate)").fetchone()
        if is_busy:
            raise UnavailableError(
                f"the log of the index {self.path} cannot be emptied: others read it all the time",
                operation="catalogue",
                hint="Stop who else uses the index, or try again later.",
                outcome_unknown=False,
            )

    def check(self) -> None:
        """Read all of it. Raises: CatalogueUnusableError when something in it cannot be true."""
        with self.database.reading() as db:
            checking.check(db)

    @contextmanager
    def listing(self, kind: DocumentKind) -> Iterator[Listing]:
        """Compare a listing of the store, which begins inside the block, with what is held."""
        with closing(Listing(self.database, kind)) as listing:
            yield listing

    def state(self, name: str) -> str | None:
        """What `set_state` was given."""
        value = self._value(f"our {name}")
        return None if value is None else str(value)

    def set_state(self, **values: str | None) -> None:
        """Keep some facts of the file's user, all at once; None takes one away."""
        with self.database.writing() as db:
            for name, value in values.items():
                db.execute("delete from state where name = ?", (f"our {name}",))
                if value is not None:
                    db.execute("insert into state values (?, ?)", (f"our {name}", value))

    def status(self) -> CatalogueStatus:
        """What there is."""
        documents = sum(self.counts().values())
        with self.database.reading() as db:
            synced_at, complete = state.synced_at(db), state.value(db, state.COMPLETE) is not None
        return CatalogueStatus(self.path, documents, self.bytes, synced_at, complete)

    def counts(self) -> dict[DocumentKind, int]:
        """Documents of each kind that there is, the deleted ones too."""
        with self.database.reading() as db:
            return dict(db.execute("select kind, count(*) from document group by kind").fetchall())

    def discard(self) -> None:
        """Delete the file; the next use makes a new one. For one that is not usable."""
        self.database.discard()

    def close(self) -> None:
        """Close the file; more than once is fine, and the next use opens it again."""
        self.database.close()

    def _value(self, name: str) -> object:
        with self.database.reading() as db:
            return state.value(db, name)

    def _merge(self, pages: int) -> bool:
        """Merge some of the words' segments: whether there was something to do."""
        with self.database.writing() as db:
            before = db.total_changes
            db.execute("insert into words (words, rank) values ('merge', ?)", (pages,))
            return db.total_changes - before >= _WORK

    def _in_batches(
        self, items: Iterable[T], call: Callable[[sqlite3.Connection, list[T]], int]
    ) -> int:
        done, rest = 0, iter(items)
        while batch := list(islice(rest, _BATCH)):
            with self.database.writing() as db:
                done += call(db, batch)
        return done


def _write(since: int | None, db: sqlite3.Connection, rows: list[Row]) -> int:
    return stored.write(db, rows, since)


def _forget(kind: DocumentKind, db: sqlite3.Connection, keys: list[str]) -> int:
    return stored.forget(db, kind, keys)


def _absent(kind: DocumentKind, db: sqlite3.Connection, blobs: list[tuple[str, str]]) -> int:
    return stored.write_absent(db, kind, blobs)
