"""The board: what each label pins, beside what it could pin: `/console/labels`."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from ingenious_ops.api.context import StorageOf
from ingenious_ops.console.access import PromptReader
from ingenious_ops.console.prompts.board import lanes_of
from ingenious_ops.console.rendering import page
from ingenious_ops.console.routing import pages_router

router = pages_router()


@router.get("/labels")
def labels(request: Request, who: PromptReader, storage: StorageOf) -> Response:
    """All labels, and the revisions of their sets."""
    found = storage.prompts.list_labels()
    lanes = lanes_of(storage.prompts, found)
    return page(request, "labels/board.html", who, labels=found, lanes=lanes)
