"""The list of conversations: `/console/conversations`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from ingenious_ops.api.context import StorageOf
from ingenious_ops.api.pages import PageToken
from ingenious_ops.console.access import MemoryReader
from ingenious_ops.console.conversation_data import listing
from ingenious_ops.console.rendering import page
from ingenious_ops.console.routing import pages_router

router = pages_router()


@router.get("/conversations")
def conversations(
    request: Request,
    who: MemoryReader,
    storage: StorageOf,
    prefix: Annotated[str, Query(max_length=1000)] = "",
    after: PageToken = None,
) -> Response:
    """Those whose id begins with `prefix`, by id, a page at a time."""
    found = listing(storage.memory, prefix, after)
    return page(request, "conversations.html", who, found=found, prefix=prefix, after=after)
