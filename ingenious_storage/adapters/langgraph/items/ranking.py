"""Ranking: which items say what a query asks for, by its words. No model, no vectors.

Words are compared as the catalogue does it: without case and accents, and Chinese, Japanese and
Korean by pairs of characters. A word counts the more, the fewer of the items have it. What shares
no word with the query comes last, with the score 0: a question is rarely put in the words of its
answer, and a store with vectors leaves nothing out either.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from langgraph.store.base.embed import get_text_at_path

from ingenious_storage.adapters.langgraph.items.record import Record
from ingenious_storage.catalogue.words.cjk import pieces
from ingenious_storage.catalogue.words.folding import words


def ranked(records: Sequence[Record], query: str) -> list[tuple[float | None, Record]]:
    """Score and record, best first; equal scores stay in their order.

    A score is the share of the query's words that an item has, from 0 to 1, by weight. An item that
    was put with `index=False` has none, and comes last.
    """
    asked = _words(query)
    said = [_said(record) for record in records]
    counts = Counter(word for each in said for word in asked & (each or set()))
    weights = {word: _weight(counts[word], of=len(records)) for word in asked}
    total = math.fsum(weights.values())
    scored = [
        (None if each is None else _share(asked & each, weights, total), record)
        for each, record in zip(said, records, strict=True)
    ]
    return sorted(scored, key=lambda pair: -1.0 if pair[0] is None else pair[0], reverse=True)


def _weight(count: int, *, of: int) -> float:
    """As BM25 weighs a word that so many of the items have."""
    return math.log(1 + (of - count + 0.5) / (count + 0.5))


def _share(found: set[str], weights: dict[str, float], total: float) -> float:
    return math.fsum(weights[word] for word in found) / total if found else 0.0


def _said(record: Record) -> set[str] | None:
    if record.index is False:
        return None
    if isinstance(record.index, list):
        found = (text for path in record.index for text in get_text_at_path(record.value, path))
        return _words("\n".join(found))
    return _words("\n".join(_texts(record.value)))


def _words(text: str) -> set[str]:
    # A lone surrogate, which models emit, is in no word.
    return set(words(pieces(text.encode(errors="replace").decode())))


def _texts(value: Any) -> Iterator[str]:
    """Without recursion: a value may be deeper than Python's stack allows."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
        elif isinstance(each, str | int | float) and not isinstance(each, bool):
            yield str(each)
