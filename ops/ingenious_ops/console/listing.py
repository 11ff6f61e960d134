"""Listing: one page of documents, each with its newest record; and one page of a history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from ingenious_ops.api.pages import text_position, token_of
from ingenious_storage import Revision
from ingenious_storage.errors import (
    CorruptObjectError,
    NotFoundError,
    StorageError,
    UnsupportedFormatError,
)
from ingenious_storage.runtime.parallel import map_stream

PER_PAGE = 50
D = TypeVar("D")
N = TypeVar("N")


@dataclass(frozen=True, slots=True)
class Listing(Generic[D, N]):
    """One page of a list."""

    rows: list[tuple[D, N | StorageError]]
    """Each with its newest record, or why there is none: it has gone meanwhile, or is damaged."""
    next: str | None
    """The token of the page that follows, if one does."""


def page_of(
    of: str,
    after: str | None,
    *,
    page: Callable[[str | None, int], tuple[Sequence[D], str | None]],
    info: Callable[[D], N],
    workers: int,
) -> Listing[D, N]:
    """A page of what is not deleted, in the order of the keys.

    Args:
        of: which list this is: a token is of no other one.
        after: the `next` of the page before. Raises: InvalidRequestError for another text.
        page: what follows a token of the store, so many at most, and the next token.
        info: the newest record of one.
    """
    shown, token = list[D](), text_position(after, of)
    while True:
        found, token = page(token, PER_PAGE)
        shown = [*found]
        if shown or token is None:  # a page may hold deleted ones alone
            break

    def ask(one: D) -> tuple[D, N | StorageError]:
        try:
            return one, info(one)
        except (NotFoundError, CorruptObjectError, UnsupportedFormatError) as error:
            return one, error

    rows = list(map_stream(ask, shown, workers=workers))
    return Listing(rows, None if token is None else token_of(of, token))


def older(
    history: Callable[[int], list[Revision]], newest: int, below: int | None
) -> list[Revision]:
    """PER_PAGE revisions, newest first, those below the number `below` when it is given.

    Args:
        history: so many of the newest revisions, newest first.
        newest: the number of the newest one.
    """
    top = newest + 1 if below is None else min(below, newest + 1)
    skipped = newest + 1 - top
    return history(skipped + PER_PAGE)[skipped:]
