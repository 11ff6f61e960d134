"""Spool: values by key in a temporary file of SQLite's own, which memory does not grow with.

A listing of a million objects as Python objects takes most of a gigabyte. The file is removed by
the system when it is closed, or the process ends however it ends; few values stay in memory.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Final

from ingenious_ops.migrate.errors import DiskFullError
from ingenious_storage.errors import UnavailableError

_CACHE_KIB: Final = 4000
_BATCH: Final = 200
"""Values that are put, or read, at a time."""
_TABLE: Final = "create table spooled (id integer primary key, key blob not null, value blob)"
_INDEX: Final = "create {} index by_key on spooled (key)"
_PUT: Final = "insert or replace into spooled (key, value) values (?, ?)"
_GET: Final = "select value from spooled where key = ?"
_PAGE: Final = """
select id, key, value from spooled where (key, id) > (?, ?) order by key, id limit ?"""


class Spool:
    """Values in the order of their keys; where keys are not `unique`, any number for each.

    Thread-safe. Keys are any text, file names that are no UTF-8 included. Every method raises
    DiskFullError when the folder of temporary files is full, and UnavailableError when it cannot be
    used.
    """

    def __init__(self, *, unique: bool = False) -> None:
        self._lock, self._is_empty = threading.Lock(), True
        with _translated():
            self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            weakref.finalize(self, self._db.close)
            self._db.execute(f"pragma cache_size = -{_CACHE_KIB}")
            self._db.execute(_TABLE)
            self._db.execute(_INDEX.format("unique" if unique else ""))

    def __len__(self) -> int:
        with self._lock, _translated():
            found: int = self._db.execute("select count(*) from spooled").fetchone()[0]
        return found

    def put(self, values: Iterable[tuple[str, bytes]]) -> None:
        """Add these to what there is; where keys are unique, in place of those of the same key."""
        rest = iter(values)
        while batch := [(_stored(key), value) for key, value in islice(rest, _BATCH)]:
            with self._lock, _translated(), self._db:
                self._is_empty = False
                self._db.execute("begin")
                self._db.executemany(_PUT, batch)

    def get(self, key: str) -> bytes | None:
        """The value of a key, where keys are unique; None for none."""
        if self._is_empty:  # as target and journal are, of each object of a first run
            return None
        with self._lock, _translated():
            row = self._db.execute(_GET, (_stored(key),)).fetchone()
        return None if row is None else row[0]

    def items(self) -> Iterator[tuple[str, bytes]]:
        """All in the order of their keys, and those of one key as they were put."""
        last, number = b"", 0
        while page := self._page(last, number):
            yield from ((key.decode("utf-8", "surrogatepass"), value) for _, key, value in page)
            number, last, _ = page[-1]

    def _page(self, last: bytes, number: int) -> list[tuple[int, bytes, bytes]]:
        """All of it at once: others may ask between two values."""
        with self._lock, _translated():
            return self._db.execute(_PAGE, (last, number, _BATCH)).fetchall()


def _stored(key: str) -> bytes:
    """Bytes of the same order; a name that is no text has lone surrogates."""
    return key.encode("utf-8", "surrogatepass")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            raise DiskFullError(
                "the folder of temporary files is full",
                hint="A listing takes some 200 bytes an object there; TMPDIR names another folder.",
            ) from error
        raise UnavailableError(
            f"a temporary file of SQLite cannot be used: {error}",
            hint="Look at the folder of temporary files; TMPDIR names another one.",
            outcome_unknown=False,
        ) from error
