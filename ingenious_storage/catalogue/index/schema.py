"""Schema: the tables of an index, and how a file is recognised as one.

`held` says which blob is held in which state, in the order of the keys, so that a listing is
compared in one pass; `document` has the rest. `absent` says the same of what purges left,
so that it is read once. `words` is what is searched: it keeps no texts of its own, so the old ones
are handed to it where a row is changed. The id of a document is the time of its newest revision in
milliseconds: the newest are found by the ids alone. That of a deleted document is negative, and a
search passes over it for nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingenious_storage.catalogue.words.folding import TOKENIZER
from ingenious_storage.errors import CatalogueUnsupportedError, CatalogueUnusableError

if TYPE_CHECKING:
    import sqlite3

VERSION: Final = 1
"""Raised with every change of the tables, or of what `text` makes of a document."""
APPLICATION: Final = 0x696E6763
_TABLES: Final = f"""
create table document (
    id integer primary key, kind text not null, name text not null, revision integer not null,
    changed integer not null, author text, message text, tags text not null,
    size integer not null, text text not null);
create index document_kind on document (kind);
create table held (
    key text primary key, etag text not null, kind text not null, id integer not null,
    written integer not null) without rowid;
create table absent (
    key text primary key, etag text not null, kind text not null,
    written integer not null) without rowid;
create table state (name text primary key, value not null) without rowid;
create virtual table words using fts5 (
    text, about, facets, content='', tokenize='{TOKENIZER}');
pragma application_id = {APPLICATION};
pragma user_version = {VERSION};
"""
_SETTINGS: Final = (
    "pragma synchronous = normal",  # a row that a crash of the machine takes is read again
    "pragma secure_delete = on",  # what is taken out does not stay readable in the file
    "pragma trusted_schema = off",  # nobody's view or trigger runs
    "pragma cell_size_check = on",
    "pragma cache_size = -16000",
    "pragma journal_size_limit = 67108864",
)


def prepare(db: sqlite3.Connection) -> None:
    """Make the tables of a new file, or see that they are there.

    Raises: CatalogueUnsupportedError; CatalogueUnusableError for another version, or another
    program's file; sqlite3.Error.
    """
    for setting in _SETTINGS:
        db.execute(setting)
    if not _is_known(db):
        if not is_supported(db):
            raise CatalogueUnsupportedError("this Python's SQLite has no full-text search (FTS5)")
        db.execute("pragma journal_mode = wal")
        db.execute("begin immediate")
        if not _is_known(db):  # another process may have been faster
            for statement in _TABLES.split(";")[:-1]:
                db.execute(statement)
        db.execute("commit")


def is_supported(db: sqlite3.Connection) -> bool:
    """Whether this SQLite has FTS5."""
    return bool(db.execute("select 1 from pragma_module_list where name = 'fts5'").fetchone())


def _is_known(db: sqlite3.Connection) -> bool:
    (application,) = db.execute("pragma application_id").fetchone()
    (version,) = db.execute("pragma user_version").fetchone()
    if application == APPLICATION and version == VERSION:
        return True
    if application == APPLICATION:
        raise CatalogueUnusableError(f"the index is of version {version}, not {VERSION}")
    if application or version or db.execute("select 1 from sqlite_master").fetchone():
        raise CatalogueUnusableError("the file of the index is that of another program")
    return False
