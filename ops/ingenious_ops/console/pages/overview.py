"""The overview: `/console`."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from ingenious_ops.api.context import StorageOf
from ingenious_ops.console.access import PromptReader
from ingenious_ops.console.rendering import page
from ingenious_ops.console.routing import pages_router

router = pages_router()


@router.get("")
def overview(request: Request, who: PromptReader, storage: StorageOf) -> Response:
    """What production runs, and whether the storage answers."""
    return page(request, "overview.html", who, labels=storage.prompts.list_labels())
