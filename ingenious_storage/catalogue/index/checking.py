"""Checking: whether a file is a whole index, before anything in it is believed."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ingenious_storage.catalogue.index import schema
from ingenious_storage.catalogue.index.database import connect
from ingenious_storage.errors import CatalogueUnusableError

if TYPE_CHECKING:
    import sqlite3

_PAGE_SIZE: Final = 4096
_TABLES: Final = "select type, name, sql from sqlite_master order by name, type"
_COUNTS: Final = """
select (select count(*) from document), (select count(*) from held),
    (select count(*) from words_docsize),
    (select count(*) from held join document using (id) where held.kind = document.kind)"""


def check(db: sqlite3.Connection) -> None:
    """Read all of an index. Raises: CatalogueUnusableError, sqlite3.Error."""
    (found,) = db.execute("pragma quick_check(1)").fetchone()
    if found != "ok":
        raise CatalogueUnusableError(f"the index is damaged: {found}", operation="catalogue")
    db.execute("insert into words (words) values ('integrity-check')")
    if len(set(db.execute(_COUNTS).fetchone())) > 1:
        raise CatalogueUnusableError(
            "the index is damaged: its tables do not fit together", operation="catalogue"
        )


def check_copy(db: sqlite3.Connection) -> None:
    """The same of a file that comes from elsewhere: it has our tables, and nothing that acts."""
    (page_size,) = db.execute("pragma page_size").fetchone()
    if page_size != _PAGE_SIZE or db.execute(_TABLES).fetchall() != _tables():
        raise CatalogueUnusableError("the file is no index of this version", operation="catalogue")
    schema.prepare(db)
    check(db)


def _tables() -> list[tuple[str, ...]]:
    with closing(connect(Path(":memory:"))) as db:
        schema.prepare(db)
        return db.execute(_TABLES).fetchall()
