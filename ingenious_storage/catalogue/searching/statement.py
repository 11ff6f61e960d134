"""Statement: a search as SQL.

To rank is what costs, since each document that fits is weighed. So only the newest 5,000 that fit
are: they are the first in the order of the ids. Words in a name or a message weigh more than those
in a text. Without words there is nothing to rank by, and the newest come first.
"""

from __future__ import annotations

from typing import Any, Final

from ingenious_storage.catalogue.index import times
from ingenious_storage.catalogue.records import KINDS, DocumentKind
from ingenious_storage.catalogue.searching.query import Search
from ingenious_storage.catalogue.words import facets

NEWEST: Final = 5000
"""Documents that are ranked, and so the most that one search finds."""
_LAST_ID: Final = 2**62
_KINDS: Final = frozenset(KINDS)
_SCORE: Final = "bm25(words, 1.0, 4.0, 0.0)"
_BEST: Final = """
select best.id, kind, name, revision, changed, author, message, tags, size, text from (
    select id, score from ({found}) order by score, abs(id) desc limit :limit offset :offset
) as best cross join document on document.id = best.id order by score, abs(best.id) desc"""
_FOUND: Final = """
select * from (
    select {table}.rowid as id, {score} as score from {table}
    where {conditions} order by {table}.rowid {direction} limit :most)"""
_CHANGED: Final = "(select changed from document as d where d.id = {table}.rowid)"
_AFTER: Final = f"(abs({{table}}.rowid) > :surely_after or {_CHANGED} >= :after)"
_BEFORE: Final = f"(abs({{table}}.rowid) < :surely_before or {_CHANGED} < :before)"


def statement(
    wanted: Search, *, spread: int, limit: int, offset: int
) -> tuple[str, dict[str, Any]]:
    """SQL and its values. `spread`: by how much an id may be above the time of its document."""
    expression = _expression(wanted)
    table = "document" if expression is None else "words"
    conditions = _of_kinds(wanted.kinds) if expression is None else ["words match :words"]
    most = NEWEST if wanted.phrases else limit + offset
    values = {"words": expression, "limit": limit, "offset": offset, "most": most}
    values |= {"low": 1, "high": _LAST_ID}
    if wanted.after is not None:  # ids bound the time; where they cannot tell, a document is asked
        low = times.first_id(wanted.after)
        values |= {"low": low, "surely_after": low + spread, "after": wanted.after}
        conditions.append(_AFTER)
    if wanted.before is not None:
        high = times.first_id(wanted.before)
        values |= {"high": high + spread, "surely_before": high, "before": wanted.before}
        conditions.append(_BEFORE)
    halves = [("{table}.rowid between :low and :high", "desc")]
    if wanted.deleted:
        halves.append(("{table}.rowid between -:high and -:low", "asc"))
    score = _SCORE if wanted.phrases else "0"
    found = " union all ".join(
        _FOUND.format(
            table=table,
            score=score,
            conditions=" and ".join([*conditions, ids]).format(table=table),
            direction=direction,
        )
        for ids, direction in halves
    )
    return _BEST.format(found=found), values


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
