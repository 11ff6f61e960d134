"""Statement: a search as SQL.

To rank is what costs, since each document that fits is weighed. So only the newest 5,000 that fit
are: they are the first in the order of the ids. Words in a name or a message weigh more than those
in a text. Without words there is nothing to rank by, and the newest come first.
"""

from __future__ import annotations

from functools import cache
from itertools import compress
from typing import Any, Final, NamedTuple

from ingenious_storage.catalogue.index import state, times
from ingenious_storage.catalogue.records import KINDS, DocumentKind
from ingenious_storage.catalogue.searching.query import Search
from ingenious_storage.catalogue.words import facets

NEWEST: Final = 5000
"""Documents that are ranked, and so the most that one search finds."""
_LAST_ID: Final = 2**62
_KINDS: Final = frozenset(KINDS)
_SCORE: Final = "bm25(words, 1.0, 4.0, 0.0)"
# In the same statement: another would take as long as a rare word.
_SYNCED_AT: Final = "(select value from state where name = :synced_at)"
# The newest or best of a subquery with a limit stay in its order in a cross join.
_BEST: Final = """
select {synced_at}, id, kind, name, revision, changed, author, message, tags, size, text from (
    select id as place from ({found}) order by score, abs(id) desc limit :limit offset :offset
) cross join document on document.id = place"""
_NEWEST: Final = """
select {synced_at}, id, kind, name, revision, changed, author, message, tags, size, text from (
    select {table}.rowid as place from {table}
    where {conditions} order by place desc limit :limit offset :offset
) cross join document on document.id = place"""
_FOUND: Final = """
select * from (
    select {table}.rowid as id, {score} as score from {table}
    where {conditions} order by {table}.rowid {direction} limit :most)"""
_IDS: Final = "{table}.rowid between :low and :high"
_DELETED_IDS: Final = "{table}.rowid between -:high and -:low"
_CHANGED: Final = "(select changed from document as d where d.id = {table}.rowid)"
_AFTER: Final = f"(abs({{table}}.rowid) > :surely_after or {_CHANGED} >= :after)"
_BEFORE: Final = f"(abs({{table}}.rowid) < :surely_before or {_CHANGED} < :before)"


def statement(
    wanted: Search, *, spread: int, limit: int, offset: int
) -> tuple[str, dict[str, Any]]:
    """SQL and its values; the first column is the time of the sync, the same in each row.

    `spread`: by how much an id may be above the time of its document.
    """
    expression, is_ranked = _expression(wanted), bool(wanted.phrases)
    values: dict[str, Any] = {"limit": limit, "offset": offset, "low": 1, "high": _LAST_ID}
    values["synced_at"] = state.SYNCED_AT
    values["most"] = NEWEST if is_ranked else limit + offset
    if expression is not None:
        values["words"] = expression
    if wanted.after is not None:  # ids bound the time; where they cannot tell, a document is asked
        low = times.first_id(wanted.after)
        values |= {"low": low, "surely_after": low + spread, "after": wanted.after}
    if wanted.before is not None:
        high = times.first_id(wanted.before)
        values |= {"high": high + spread, "surely_before": high, "before": wanted.before}
    shape = _Shape(
        kinds=wanted.kinds if expression is None else _KINDS,
        has_words=expression is not None,
        is_ranked=is_ranked,
        after=wanted.after is not None,
        before=wanted.before is not None,
        deleted=wanted.deleted,
    )
    return _sql(shape), values


class _Shape(NamedTuple):
    """What statements differ in, besides their values."""

    kinds: frozenset[DocumentKind]
    has_words: bool
    is_ranked: bool
    after: bool
    before: bool
    deleted: bool


@cache
def _sql(shape: _Shape) -> str:
    """One of some dozens."""
    table = "words" if shape.has_words else "document"
    conditions = ["words match :words"] if shape.has_words else _of_kinds(shape.kinds)
    conditions += compress((_AFTER, _BEFORE), (shape.after, shape.before))

    def filled(template: str, ids: str, **more: str) -> str:
        where = " and ".join([*conditions, ids]).format(table=table)
        return template.format(table=table, conditions=where, synced_at=_SYNCED_AT, **more)

    if not shape.is_ranked and not shape.deleted:
        return filled(_NEWEST, _IDS)
    score = _SCORE if shape.is_ranked else "0"
    found = [filled(_FOUND, _IDS, score=score, direction="desc")]
    if shape.deleted:
        found.append(filled(_FOUND, _DELETED_IDS, score=score, direction="asc"))
    return _BEST.format(found=" union all ".join(found), synced_at=_SYNCED_AT)


def _of_kinds(kinds: frozenset[DocumentKind]) -> list[str]:
    if kinds == _KINDS:
        return []
    # By the index on it, unless that would sort nearly all there is.
    column = "+kind" if "memory" in kinds and len(kinds) > 1 else "kind"
    return [f"{column} in ({', '.join(map(repr, sorted(kinds)))})"]


def _expression(wanted: Search) -> str | None:
    """For FTS5; None where any document fits by its words."""
    required = [phrase.expression for phrase in wanted.phrases]
    required += map(_quoted, wanted.facets)
    refused = [phrase.expression for phrase in wanted.none_of]
    refused += map(_quoted, wanted.none_of_facets)
    if not required and not refused:
        return None
    if wanted.kinds != _KINDS and "memory" in wanted.kinds:
        # What most documents are takes long to count, and bm25 counts each word.
        refused += map(_of_kind, sorted(_KINDS - wanted.kinds))
    elif wanted.kinds != _KINDS or not required:
        required.append(f"({' OR '.join(map(_of_kind, sorted(wanted.kinds)))})")
    expression = " AND ".join(required)
    return f"({expression}) NOT ({' OR '.join(refused)})" if refused else expression


def _of_kind(kind: DocumentKind) -> str:
    return _quoted(facets.of_kind(kind))


def _quoted(word: str) -> str:
    return f'"{word}"'
