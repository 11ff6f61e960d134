"""The list of prompt sets: `/console/sets`."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from ingenious_ops.api.context import StorageOf
from ingenious_ops.console.access import PromptReader
from ingenious_ops.console.prompts.sets import list_deleted, list_sets, pins_by_set
from ingenious_ops.console.rendering import page
from ingenious_ops.console.routing import pages_router

router = pages_router()


@router.get("/sets")
def sets(
    request: Request,
    who: PromptReader,
    storage: StorageOf,
    *,
    prefix: str = "",
    after: str = "",
    deleted: bool = False,
) -> Response:
    """Those whose names begin with `prefix`, a page at a time."""
    listed = list_deleted if deleted else list_sets
    found = listed(storage.prompts, prefix=prefix, after=after)
    return page(
        request,
        "sets/list.html",
        who,
        found=found,
        pins=pins_by_set(storage.prompts.list_labels(), [row.name for row in found.rows]),
        prefix=prefix,
        after=after,
        deleted=deleted,
    )
