"""Rows: documents as they are written to the tables of an index, and taken out of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import orjson

from ingenious_storage.catalogue.index import state, times
from ingenious_storage.catalogue.records import DocumentKind, Row
from ingenious_storage.catalogue.words import facets
from ingenious_storage.catalogue.words.cjk import pieces
from ingenious_storage.catalogue.words.folding import composed

if TYPE_CHECKING:
    import sqlite3

_OLD: Final = "select kind, name, author, message, tags, text from document where id = ?"
_PAGE: Final = """
select held.kind, key, etag, name, revision, changed, author, message, tags, size, id < 0, text
from held join document using (id) where held.kind = ? and key > ? order by key limit ?"""
_WORDS: Final = "insert into words (rowid, text, about, facets) values (?, ?, ?, ?)"
_NO_WORDS: Final = """
insert into words (words, rowid, text, about, facets) values ('delete', ?, ?, ?, ?)"""
_DOCUMENT: Final = "insert into document values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_FORGOTTEN: Final = "select 1 from absent where key = ? and etag = ? and written > ?"
_NO_ETAG: Final = ""
"""Of no blob: whatever is listed there has changed."""
_COUNTED: Final = """
insert into state values (?, 1) on conflict do update set value = value + 1 returning value"""
_AT_LEAST: Final = """
insert into state values (?, ?) on conflict do update set value = max(value, excluded.value)"""


def write(db: sqlite3.Connection, rows: Iterable[Row], since: int | None = None) -> int:
    """Put rows in place of those of the same keys, in a transaction: how many.

    Args:
        since: the number of transactions when they began to be read. What was forgotten after it
            is left out: nobody knows whether it was read before.
    """
    newest = {row.key: row for row in rows}
    if since is not None:
        for key in _forgotten(db, newest, since):
            del newest[key]
    _take_out(db, newest)
    ((written,),) = db.execute(_COUNTED, (state.WRITES,)).fetchall()
    placed: dict[int, Row] = {}
    for row in newest.values():
        placed[_free_id(db, row, placed)] = row
    for id_, row in sorted(placed.items()):  # each that is out of order would cost a write
        tags, changed = orjson.dumps(row.tags).decode(), times.microseconds(row.changed)
        about = (row.kind, row.name, row.revision, changed, row.author, row.message, tags)
        words = _words(
            facets.words(row.kind, row.author, row.tags), row.name, row.message, row.text
        )
        db.execute(_WORDS, (id_, *words))
        db.execute(_DOCUMENT, (id_, *about, row.size, row.text))
        held = (row.key, row.etag, row.kind, id_, written)
        db.execute("insert into held values (?, ?, ?, ?, ?)", held)
    return len(newest)


def write_absent(
    db: sqlite3.Connection, kind: DocumentKind, blobs: Iterable[tuple[str, str]]
) -> int:
    """Hold of these keys that there is no document, as long as the ETag stays: how many there
    were. In a transaction; their words may remain.
    """
    given = dict(blobs)
    removed = remove(db, given)
    ((written,),) = db.execute(_COUNTED, (state.WRITES,)).fetchall()
    absent = ((key, etag, kind, written) for key, etag in given.items())
    db.executemany("insert into absent values (?, ?, ?, ?)", absent)
    return removed


def forget(db: sqlite3.Connection, kind: DocumentKind, keys: Iterable[str]) -> int:
    """As `remove`, and for a `write` of what was read before. The next listing reads them anew."""
    return write_absent(db, kind, ((key, _NO_ETAG) for key in keys))


def _forgotten(db: sqlite3.Connection, keys: Iterable[str], since: int) -> list[str]:
    return [key for key in keys if db.execute(_FORGOTTEN, (key, _NO_ETAG, since)).fetchone()]


def remove(db: sqlite3.Connection, keys: Iterable[str]) -> int:
    """Take documents out, in a transaction: how many there were. Their words may remain."""
    removed = _take_out(db, keys)
    if removed:
        db.execute(_COUNTED, (state.REMAINS,))
    return removed


def page(db: sqlite3.Connection, kind: DocumentKind, after: str, limit: int) -> list[Row]:
    """The next rows of a kind behind the key `after`, in the order of the keys."""
    return [_row(columns) for columns in db.execute(_PAGE, (kind, after, limit)).fetchall()]


def _row(columns: tuple[Any, ...]) -> Row:
    *before, changed, author, message, tags, size, deleted, text = columns
    kind, key, etag, name, revision = before
    known, when = tuple(orjson.loads(tags)), times.moment(changed)
    about = (kind, key, etag, name, revision, when, author, message, known, size, bool(deleted))
    return Row(*about, text)


def _take_out(db: sqlite3.Connection, keys: Iterable[str]) -> int:
    taken = list(keys)
    db.executemany("delete from absent where key = ?", ((key,) for key in taken))
    found = [
        (id_, key)
        for key in taken
        for (id_,) in db.execute("select id from held where key = ?", (key,)).fetchall()
    ]
    for id_, key in sorted(found):
        for kind, name, author, message, tags, text in db.execute(_OLD, (id_,)).fetchall():
            words = _words(facets.words(kind, author, orjson.loads(tags)), name, message, text)
            db.execute(_NO_WORDS, (id_, *words))
        db.execute("delete from document where id = ?", (id_,))
        db.execute("delete from held where key = ?", (key,))
    return len(found)


def _words(facet_words: str, name: str, message: str | None, text: str) -> tuple[str, str, str]:
    """The columns of `words`: always the same of the same document."""
    about = name if message is None else f"{name}\n{message}"
    return pieces(composed(text)), pieces(composed(about)), facet_words


def _free_id(db: sqlite3.Connection, row: Row, placed: dict[int, Row]) -> int:
    first = times.first_id(times.microseconds(row.changed))
    candidate, turn = first, 0
    while _is_taken(db, signed := -candidate if row.deleted else candidate, placed):
        candidate, turn = times.other_id(row.key, first, turn), turn + 1
    if candidate > first:
        db.execute(_AT_LEAST, (state.SPREAD, candidate - first))
    return signed


def _is_taken(db: sqlite3.Connection, id_: int, placed: dict[int, Row]) -> bool:
    return id_ in placed or bool(
        db.execute("select 1 from document where id = ?", (id_,)).fetchone()
    )
