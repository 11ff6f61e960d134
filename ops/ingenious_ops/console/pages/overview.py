"""The overview: `/console`."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from ingenious_ops.api.context import PromptReader, StorageOf
from ingenious_ops.console.rendering import page

router = APIRouter(prefix="/console")


@router.get("")
def overview(who: PromptReader, storage: StorageOf) -> Response:
    """What production runs, and whether the storage answers."""
    return page("overview.html", who, labels=storage.prompts.list_labels())
