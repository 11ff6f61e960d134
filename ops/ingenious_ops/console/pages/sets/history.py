"""The history of one prompt set as a time line: `/console/set/history`."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query, Request
from starlette.responses import Response

from ingenious_ops.api.context import StorageOf
from ingenious_ops.console.access import PromptReader
from ingenious_ops.console.pages.sets.parameters import NameIn
from ingenious_ops.console.prompts.sets import SetView, pins_of
from ingenious_ops.console.rendering import page
from ingenious_ops.console.routing import pages_router

STEP: Final = 30
"""Revisions that are shown at first, and that "Show more" adds."""

router = pages_router()


@router.get("/set/history")
def history(
    request: Request,
    who: PromptReader,
    storage: StorageOf,
    name: NameIn,
    limit: Annotated[int, Query(ge=1, le=3000)] = STEP,
) -> Response:
    """Its newest revisions, also those of a deleted set."""
    revisions = storage.prompts.history(name, limit=limit + 1)
    it = SetView(name, revisions[0], revisions[0], {})
    return page(
        request,
        "sets/history.html",
        who,
        it=it,
        revisions=revisions[:limit],
        more=limit + STEP if len(revisions) > limit else None,
        pins=pins_of(storage.prompts.list_labels(), name),
        tab="set/history",
    )
