"""Listing: what a store has, beside what an index holds, without a million keys in memory.

The keys stand in a temporary table of SQLite's own, which is a file where they are many; the order
in which they come does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from ingenious_storage.catalogue.index import rows, state
from ingenious_storage.catalogue.index.database import Database, translated
from ingenious_storage.catalogue.records import DocumentKind

if TYPE_CHECKING:
    import sqlite3

_PAGE: Final = 200
_CHANGED: Final = """
select listed.key, listed.etag from temp.listed left join held on held.key = listed.key
left join absent on absent.key = listed.key
where listed.key > ? and coalesce(held.etag, absent.etag) is not listed.etag
order by listed.key limit ?"""
_GONE: Final = """
select key from held where key > ? and kind = ? and written <= ?
and not exists (select 1 from temp.listed where listed.key = held.key) order by key limit ?"""
_FORGOTTEN: Final = """
select key from absent where key > ? and kind = ? and written <= ?
and not exists (select 1 from temp.listed where listed.key = absent.key) order by key limit ?"""
_STILL_GONE: Final = "select 1 from held where key = ? and written <= ?"


class Listing:
    """One listing of the documents of a kind. For one thread at a time; to be closed.

    Make it before the store is asked: what is put into the index since then is never gone.
    """

    def __init__(self, database: Database, kind: DocumentKind) -> None:
        self._database, self._kind = database, kind
        with translated(database.path):
            self._db = database.opened()
            self._db.execute(
                "create temp table listed (key text primary key, etag text not null) without rowid"
            )
            self.began: Final[int] = state.value(self._db, state.WRITES) or 0
            """Transactions that had written by then, for `Index.put`."""

    def add(self, blobs: Iterable[tuple[str, str]]) -> None:
        """Keys and ETags of the listing, some hundreds at a time. A key twice: the last counts."""
        with translated(self._database.path):
            self._db.execute("begin")
            self._db.executemany("insert or replace into temp.listed values (?, ?)", blobs)
            self._db.execute("commit")

    def changed(self) -> Iterator[tuple[str, str]]:
        """Keys and ETags of what the index does not hold in this state, in order of the keys.

        Rows may be put meanwhile.
        """
        last = ""
        while page := self._page(_CHANGED, last, _PAGE):
            yield from ((key, etag) for key, etag in page)
            last = page[-1][0]

    def gone(self) -> Iterator[str]:
        """Keys of what the index held when the listing began, and the listing has not."""
        last = ""
        while page := self._page(_GONE, last, self._kind, self.began, _PAGE):
            yield from (key for (key,) in page)
            last = page[-1][0]

    def remove_gone(self) -> int:
        """Take them out of the index, but for those that somebody has put meanwhile: how many."""
        removed, last = 0, ""
        while page := self._page(_GONE, last, self._kind, self.began, _PAGE):
            with self._database.writing() as db:
                removed += rows.remove(db, [key for (key,) in page if self._is_still_gone(db, key)])
            last = page[-1][0]
        self._forget_absent()
        return removed

    def close(self) -> None:
        """Forget the listing; more than once is fine."""
        self._db.close()

    def _forget_absent(self) -> None:
        """Of what purges left, what a sweep took away; what is put meanwhile is read again."""
        last = ""
        while page := self._page(_FORGOTTEN, last, self._kind, self.began, _PAGE):
            with self._database.writing() as db:
                db.executemany("delete from absent where key = ?", page)
            last = page[-1][0]

    def _is_still_gone(self, db: sqlite3.Connection, key: str) -> bool:
        return bool(db.execute(_STILL_GONE, (key, self.began)).fetchone())

    def _page(self, sql: str, *values: object) -> list[tuple[str, ...]]:
        """All of it at once: an open cursor would keep the log of the file from being emptied."""
        with translated(self._database.path):
            return self._db.execute(sql, values).fetchall()
