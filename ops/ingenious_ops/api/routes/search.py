"""Search: documents by their words, in the index of the machine that serves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from ingenious_ops.api.answers import answered_json
from ingenious_ops.api.conditions import READ_PARAMETERS
from ingenious_ops.api.context import StorageOf, context_of, require
from ingenious_ops.api.errors import ForbiddenError
from ingenious_ops.api.identity.principal import Access, Principal
from ingenious_ops.api.openapi import documented
from ingenious_ops.api.openapi.responses import problems
from ingenious_ops.api.pages import PageToken, number_position, token_of
from ingenious_ops.records import hit_json
from ingenious_ops.times import timestamp
from ingenious_storage import catalogue
from ingenious_storage.catalogue import CONTAINERS, KINDS, DocumentKind
from ingenious_storage.errors import IndexMissingError

router = APIRouter(prefix="/api/v1/search", tags=["search"], responses=problems(304, 409, 412))


async def _anyone(request: Request) -> Principal:
    """Who asks; what they may see depends on what they look for."""
    return await context_of(request).authenticator.principal(request)


@router.get(
    "",
    responses=documented.answer(documented.Found, "what was found"),
    openapi_extra={"parameters": READ_PARAMETERS},
)
def search(
    *,
    who: Annotated[Principal, Depends(_anyone)],
    request: Request,
    storage: StorageOf,
    q: Annotated[
        str, Query(max_length=1000, description='words, "a phrase", a prefix*, tag:, author:')
    ] = "",
    kind: DocumentKind | None = None,
    tag: Annotated[list[str] | None, Query(description="all of them")] = None,
    author: str | None = None,
    after: Annotated[datetime | None, Query(description="changed then or later")] = None,
    before: Annotated[datetime | None, Query(description="changed earlier")] = None,
    deleted: Annotated[bool, Query(description="deleted documents too")] = False,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    page: PageToken = None,
) -> Response:
    """Find memories, prompt sets and labels by what is said in them, best first."""
    wanted = catalogue.Query(
        words=q,
        kind=_allowed(who, kind),
        tags=tuple(tag or ()),
        author=author,
        after=_moment(after),
        before=_moment(before),
        deleted=deleted,
    )
    of = f"search {wanted!r}"
    offset = number_position(page, of) or 0
    results = storage.catalogue.search(wanted, limit=limit, offset=offset)
    if results.synced_at is None:  # nothing found would mean that nothing is there
        raise IndexMissingError("the machine that serves has no index of this storage")
    # What is asked for in `q` cannot widen what may be seen, whatever it says there.
    shown = [hit_json(hit) for hit in results.hits if who.may(Access.READER, CONTAINERS[hit.kind])]
    return answered_json(
        request,
        {
            "hits": shown,
            "next": token_of(of, offset + limit) if results.more else None,
            "synced_at": timestamp(results.synced_at),
        },
    )


def _allowed(who: Principal, kind: DocumentKind | None) -> DocumentKind | None:
    """The kind to look for. Raises: ForbiddenError."""
    if kind is not None:
        require(who, Access.READER, CONTAINERS[kind])
        return kind
    seen = [each for each in KINDS if who.may(Access.READER, CONTAINERS[each])]
    if len(seen) == len(KINDS):
        return None
    if seen == ["memory"]:
        return "memory"
    raise ForbiddenError(
        f"{who.name} may not search all kinds", hint="Name one with `kind=` that you may read."
    )


def _moment(given: datetime | None) -> datetime | None:
    return given.replace(tzinfo=UTC) if given is not None and given.tzinfo is None else given
