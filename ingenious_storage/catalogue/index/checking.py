"""Checking: whether a file is a whole index, before anything in it is believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingenious_storage.errors import CatalogueUnusableError

if TYPE_CHECKING:
    import sqlite3

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
