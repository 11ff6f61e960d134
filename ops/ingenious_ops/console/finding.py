"""Finding: what the pages ask of the catalogue, and who may be shown what of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from ingenious_ops.api.errors import ForbiddenError, InvalidRequestError
from ingenious_ops.api.identity.principal import Access, Principal
from ingenious_storage.catalogue import CONTAINERS, Catalogue, DocumentKind, Hit, Query, Results
from ingenious_storage.errors import IndexMissingError, StorageError

PER_PAGE: Final = 20
OLD: Final = timedelta(hours=1)
"""A page says so when the index is older."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for, as the form sends it."""

    words: str = ""
    kind: str = ""
    tag: str = ""
    author: str = ""
    since: str = ""
    until: str = ""
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a search says: hits, or why there are none."""

    results: Results | None
    problem: StorageError | None
    is_missing: bool = False
    """Whether no sync has ended on this server yet, and nothing was found so far."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed last, as far as the index knows."""

    hits: tuple[Hit, ...] = ()
    synced_at: datetime | None = None
    """Of when the index is; None without one."""
    problem: StorageError | None = None
    """Why it cannot be looked into."""


def kinds_for(who: Principal) -> list[DocumentKind]:
    """The kinds of documents that somebody may look at; of who may look at none, none."""
    return [kind for kind, role in CONTAINERS.items() if who.may(Access.READER, role)]


def require_some(kinds: Sequence[DocumentKind]) -> None:
    """Raises: ForbiddenError for who may look at nothing."""
    if not kinds:
        raise ForbiddenError("you may look at neither container")


def query_of(wanted: Wanted, kinds: Sequence[DocumentKind]) -> Query:
    """Raises: InvalidRequestError for a date that is none, or a kind that is not in `kinds`;
    ForbiddenError without any kind.

    Without a kind it is all of `kinds`, when those are all there are.
    """
    require_some(kinds)
    chosen = [kind for kind in kinds if kind == wanted.kind]
    if wanted.kind and not chosen:
        raise InvalidRequestError("there is no such kind of documents here")
    if not chosen and len(kinds) < len(CONTAINERS):
        chosen = list(kinds[:1])  # an index holds what both containers hold
    return Query(
        wanted.words,
        kind=chosen[0] if chosen else None,
        tags=tuple(wanted.tag.split()),
        author=wanted.author.strip() or None,
        after=_day(wanted.since),
        before=_day(wanted.until, days=1),
        deleted=wanted.deleted,
    )


def find(catalogue: Catalogue, query: Query, number: int) -> Found:
    """Page `number` of what fits, 1 first."""
    try:
        found = catalogue.search(query, limit=PER_PAGE, offset=PER_PAGE * (number - 1))
    except IndexMissingError as error:
        return Found(None, error, is_missing=True)
    except StorageError as error:
        return Found(None, error)
    return Found(found, None, is_missing=found.synced_at is None and not found.hits)


def newest(catalogue: Catalogue, kinds: Sequence[DocumentKind], count: int) -> Changes:
    """The last changes that the index knows, of all `kinds` together."""
    try:
        found = [catalogue.search(Query(kind=kind), limit=count) for kind in kinds]
    except IndexMissingError:
        return Changes()
    except StorageError as error:
        return Changes(problem=error)
    hits = sorted((hit for each in found for hit in each.hits), key=_changed, reverse=True)
    return Changes(tuple(hits[:count]), found[0].synced_at if found else None)


def _changed(hit: Hit) -> datetime:
    return hit.changed


def _day(given: str, *, days: int = 0) -> datetime | None:
    if not given:
        return None
    try:
        found = date.fromisoformat(given) + timedelta(days=days)
    except (ValueError, OverflowError):
        raise InvalidRequestError("this is no date", hint="Write it as 2026-05-31.") from None
    return datetime.combine(found, time(), UTC)
