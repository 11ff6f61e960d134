"""Database: the connections to the file of an index, and its errors as those of the library.

A connection is used by one call at a time and kept for the next. None is carried into a forked
child: SQLite would take the parent's locks for the child's own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from ingenious_storage.catalogue.index import schema
from ingenious_storage.errors import (
    CatalogueUnusableError,
    PermissionDeniedError,
    StorageError,
    UnavailableError,
)
from ingenious_storage.runtime import deadlines, forks
from ingenious_storage.runtime.unpickled import Unpickled

if TYPE_CHECKING:
    import sqlite3

_PATIENCE: Final = 5.0
"""Seconds that a write waits for that of another process."""
_KEPT: Final = 4
"""Connections that are kept for the next calls."""
_COMPANIONS: Final = ("", "-wal", "-shm")
_left_behind: Final[list[Any]] = []
"""Connections of the parent: closing one in a child could break the parent's file."""


class Database(Unpickled):
    """The file at `path`, which is made when it is first used. Thread-safe, and safe to fork.

    Should another file lie there later, that one is used.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._file = path, str(path)
        self._guard, self._turn = forks.new_lock(), forks.new_lock()
        self._idle: list[tuple[sqlite3.Connection, tuple[int, int]]] = []
        forks.before(self._let_go)
        forks.in_child(self._leave_behind)

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection, for statements of one or several states of the file.

        Raises: CatalogueUnusableError for a damaged file, UnavailableError for one that others
        keep locked, PermissionDeniedError; OperationTimeoutError at the caller's deadline.
        """
        return _Use(self)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The same, in one transaction: it is committed when the block ends without an error."""
        while not deadlines.acquire(self._turn):
            deadlines.check("catalogue")
        try:
            with self.reading() as db:
                db.execute("begin immediate")
                yield db
                db.execute("commit")
        finally:
            self._turn.release()

    def discard(self) -> None:
        """Delete the file. Who still uses it sees a new one at the next call."""
        self.close()
        with translated(self.path):
            for suffix in _COMPANIONS:  # the file itself first: the others do nothing without it
                Path(f"{self.path}{suffix}").unlink(missing_ok=True)

    def opened(self) -> sqlite3.Connection:
        """A connection for the caller alone, who closes it. Raises: as SQLite and the system do."""
        make(self.path)
        db = connect(self.path)
        try:
            schema.prepare(db)
        except BaseException:
            db.close()
            raise
        return db

    def close(self) -> None:
        """Close the connections that nobody uses; the next call opens others."""
        with self._guard:
            idle, self._idle = self._idle, []
        for db, _ in idle:
            db.close()

    def take(self) -> tuple[sqlite3.Connection, tuple[int, int]]:
        """A connection, and the file that it is to; for `give_back`, or to be closed."""
        place = _place(self._file)
        while True:
            with self._guard:
                if not self._idle:
                    break
                db, opened = self._idle.pop()
            if opened == place:
                return db, opened
            db.close()
        return self._open()

    def give_back(self, db: sqlite3.Connection, place: tuple[int, int]) -> None:
        """Keep a connection that is not within a transaction for the next."""
        with self._guard:
            if len(self._idle) < _KEPT:
                self._idle.append((db, place))
                return
        db.close()

    def _open(self) -> tuple[sqlite3.Connection, tuple[int, int]]:
        db = self.opened()
        return db, _place(self._file) or (0, 0)

    def _let_go(self) -> None:
        if self._guard.acquire(timeout=1):  # else a thread is about to use one of them
            try:
                for db, _ in self._idle:
                    db.close()
                self._idle.clear()
            finally:
                self._guard.release()

    def _leave_behind(self) -> None:
        _left_behind.extend(db for db, _ in self._idle)
        self._idle = []


class _Use:
    """One use of a connection; a class, since a generator would take as long as a small search."""

    __slots__ = ("_cut_off", "_database", "_db", "_place")

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> sqlite3.Connection:
        try:
            self._db, self._place = self._database.take()
        except BaseException as error:
            translate(error, self._database.path)
            raise
        self._cut_off = deadlines.interrupting(self._db.interrupt)
        self._cut_off.__enter__()
        return self._db

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._cut_off.__exit__(kind, error, trace)
        if error is None:
            self._database.give_back(self._db, self._place)
            return
        self._db.close()
        translate(error, self._database.path)


def make(path: Path) -> None:
    """Make an empty file that its owner alone can read, and its folder, if there is none.

    Raises: OSError.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def connect(path: Path) -> sqlite3.Connection:
    """Raises: sqlite3.Error."""
    import sqlite3  # noqa: PLC0415  # for who searches

    return sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """What SQLite and the system raise inside, as errors of the library."""
    try:
        yield
    except BaseException as error:
        translate(error, path)
        raise


def translate(error: BaseException, path: Path) -> None:
    """Raises: the error of the library for one of SQLite or the system; else nothing."""
    if isinstance(error, StorageError):
        return
    import sqlite3  # noqa: PLC0415  # for who searches

    if isinstance(error, sqlite3.Error):
        deadlines.check("catalogue")
        raise _of(error, path) from error
    if isinstance(error, OSError):
        denied = isinstance(error, PermissionError)
        raise (PermissionDeniedError if denied else UnavailableError)(
            f"the index {path}: {error.strerror}", operation="catalogue", hint=_PLACE
        ) from error


_PLACE: Final = "Check the folder, its rights and its free space, or set storage.catalogue.path."
_DAMAGED: Final = frozenset({"SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_FORMAT"})
_DAMAGED_SAYING: Final = (
    "no such table",
    "no such column",
    "vtable constructor",
    "Could not decode",
    "SQL logic error",
)
"""What else is damage, and has no code of its own."""
_DENIED: Final = frozenset({"SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH"})
_LOCKED: Final = frozenset({"SQLITE_BUSY", "SQLITE_LOCKED"})


def _of(error: sqlite3.Error, path: Path) -> StorageError:
    name = getattr(error, "sqlite_errorname", "SQLITE_ERROR")
    primary = "_".join(name.split("_")[:2])
    what = f"the index {path}: {error}"
    if primary in _DAMAGED or str(error).startswith(_DAMAGED_SAYING):
        return CatalogueUnusableError(what, operation="catalogue")
    if primary in _DENIED:
        return PermissionDeniedError(what, operation="catalogue", hint=_PLACE)
    if primary == "SQLITE_ERROR":
        return StorageError(what, operation="catalogue")
    hint = "Another process writes it: try again." if primary in _LOCKED else _PLACE
    return UnavailableError(what, operation="catalogue", hint=hint, outcome_unknown=False)


def _place(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116  # in each search; a Path takes twice as long
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
