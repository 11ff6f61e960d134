"""Search: `/console/search`, by words and filters; and the sync of what it looks in."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from starlette.responses import RedirectResponse, Response

from ingenious_ops.api.context import StorageOf
from ingenious_ops.console.access import Visitor
from ingenious_ops.console.finding import OLD, Wanted, find, kinds_for, query_of, require_some
from ingenious_ops.console.links import link_of
from ingenious_ops.console.rendering import page
from ingenious_ops.console.routing import pages_router
from ingenious_ops.console.syncing import syncing_of

router = pages_router()


@router.get("/search")
def search(
    *,
    request: Request,
    who: Visitor,
    storage: StorageOf,
    q: Annotated[str, Query(max_length=1000)] = "",
    kind: str = "",
    tag: str = "",
    author: str = "",
    since: str = "",
    until: str = "",
    deleted: bool = False,
    number: Annotated[int, Query(alias="page", ge=1, le=250)] = 1,
) -> Response:
    """What fits, best first; without words the newest."""
    wanted, kinds = Wanted(q, kind, tag, author, since, until, deleted), kinds_for(who)
    found = find(storage.catalogue, query_of(wanted, kinds), number)
    synced_at = found.results.synced_at if found.results else None
    now = storage.memory.documents.clock()
    return page(
        request,
        "search.html",
        who,
        wanted=wanted,
        kinds=kinds,
        found=found,
        number=number,
        synced_at=synced_at,
        is_old=synced_at is not None and now - synced_at > OLD,
        progress=syncing_of(request).progress,
    )


@router.post("/search/sync")
def sync(request: Request, who: Visitor, storage: StorageOf) -> Response:
    """Begin to read what changed; the page shows how far it is."""
    require_some(kinds_for(who))
    syncing_of(request).start(storage.catalogue)
    return RedirectResponse(link_of(request)("search"), 303)


@router.get("/search/sync")
def progress(request: Request, who: Visitor) -> Response:
    """How far it is: a piece of the page, which asks again while it runs."""
    return page(request, "search_sync.html", who, progress=syncing_of(request).progress)
