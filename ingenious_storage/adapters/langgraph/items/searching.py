"""Searching: what a `SearchOp` finds, with no more read than it takes."""

from __future__ import annotations

from langgraph.store.base import SearchItem, SearchOp

from ingenious_storage.adapters.langgraph.items import filters
from ingenious_storage.adapters.langgraph.items.ranking import ranked
from ingenious_storage.adapters.langgraph.items.record import Record
from ingenious_storage.adapters.langgraph.items.shelf import Shelf

Found = list[tuple[float | None, Record]]


def search(shelf: Shelf, op: SearchOp) -> list[SearchItem]:
    """A page of what fits a checked operation; its expiry is put off."""
    if not op.limit:
        return []
    found = _by_words(shelf, op, op.query) if op.query else _newest(shelf, op)
    page = found[op.offset : op.offset + op.limit]
    if op.refresh_ttl:
        shelf.each(shelf.put_off, [record for _, record in page])
    return [record.found(score) for score, record in page]


def _by_words(shelf: Shelf, op: SearchOp, query: str) -> Found:
    """All that fit: which are the best is known when all were read."""
    every = (each for some in shelf.newest(op.namespace_prefix, at_once=None) for each in some)
    return ranked([each for each in every if filters.fits(each.value, op.filter)], query)


def _newest(shelf: Shelf, op: SearchOp) -> Found:
    """As many as are asked for; where a filter drops some, more are read at once."""
    end, found = op.offset + op.limit, Found()
    at_once = max(end, shelf.agents.store.readers) if op.filter else end
    for some in shelf.newest(op.namespace_prefix, at_once=at_once):
        found += [(None, each) for each in some if filters.fits(each.value, op.filter)]
        if len(found) >= end:
            break
    return found
