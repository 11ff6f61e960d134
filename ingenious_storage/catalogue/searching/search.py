"""Search: what an index has that fits a query, best first, each with a passage of its text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from ingenious_storage.catalogue.index import Index, state, times
from ingenious_storage.catalogue.records import Hit, Query, Results
from ingenious_storage.catalogue.searching import query
from ingenious_storage.catalogue.searching.excerpts import Excerpts
from ingenious_storage.catalogue.searching.query import Search
from ingenious_storage.catalogue.searching.statement import NEWEST, statement
from ingenious_storage.errors import CatalogueUnusableError, InvalidDataError

if TYPE_CHECKING:
    import sqlite3

MOST: Final = 1000
"""Documents that one call gives."""


def search(index: Index, wanted: Query, *, limit: int, offset: int) -> Results:
    """At most `limit` documents, behind the first `offset`. Raises: InvalidDataError, as Index."""
    if not 1 <= limit <= MOST or offset < 0:
        raise InvalidDataError(
            f"a limit of {limit} and an offset of {offset}",
            hint=f"Give a limit from 1 to {MOST:,}, and an offset of 0 or more.",
        )
    read = query.read(wanted)
    with index.database.reading() as db:
        found = _found(db, read, limit=min(limit + 1, NEWEST - offset), offset=offset)
        synced_at = state.as_time(found[0][0]) if found else state.synced_at(db)
    excerpts = Excerpts(read.phrases)
    try:
        hits = tuple([_hit(row, excerpts) for row in found[:limit]])
    except (ValueError, OverflowError, TypeError, AttributeError) as error:
        what = f"the index says of a document what cannot be: {error}"
        raise CatalogueUnusableError(what, operation="catalogue") from error
    return Results(hits, len(found) > limit, synced_at)


def _found(
    db: sqlite3.Connection, wanted: Search, *, limit: int, offset: int
) -> list[tuple[Any, ...]]:
    if not wanted.kinds or limit <= 0:
        return []
    by_time = wanted.after is not None or wanted.before is not None
    spread = state.value(db, state.SPREAD) or 0 if by_time else 0
    sql, values = statement(wanted, spread=spread, limit=limit, offset=offset)
    return db.execute(sql, values).fetchall()


def _hit(row: tuple[Any, ...], excerpts: Excerpts) -> Hit:
    _, id_, kind, name, revision, changed, author, message, tags, size, text = row
    known = () if tags == "[]" else tuple(orjson.loads(tags))
    when, passage = times.moment(changed), excerpts.of(text)
    # By place: each name would cost as much as its value.
    return Hit(kind, name, revision, when, author, message, known, size, id_ < 0, passage)
