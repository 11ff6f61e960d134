"""Routes of the history of a prompt set: its revisions, and what differs between two."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from ingenious_ops.api import pages
from ingenious_ops.api.answers import answered, answered_json
from ingenious_ops.api.conditions import READ_PARAMETERS
from ingenious_ops.api.context import PromptReader
from ingenious_ops.api.openapi.documented import History
from ingenious_ops.api.openapi.responses import problems
from ingenious_ops.api.routes.prompts import models
from ingenious_ops.api.routes.prompts.comparison import compared
from ingenious_ops.api.routes.prompts.shared import Name, library_of
from ingenious_ops.records import revision_json
from ingenious_storage import PromptLibrary

router = APIRouter(
    prefix="/api/v1/sets", tags=["prompt sets"], responses=problems(304, 404, 409, 412)
)
_READ: Final[dict[str, Any]] = {"parameters": READ_PARAMETERS}
_TEXT: Final = "text/plain; charset=utf-8"
_BOTH: Final[dict[str, Any]] = {"text/plain": {"schema": {"type": "string"}}}


@router.get("/{set_name}/revisions", response_model=History, openapi_extra=_READ)
async def revisions(
    request: Request,
    set_name: Name,
    _who: PromptReader,
    limit: pages.Limit = 20,
    page: pages.PageToken = None,
) -> Response:
    """The revisions of a set, newest first, of a deleted one as well."""
    of = f"revisions of set {set_name}"
    before = pages.number_position(page, of)
    found, more = await run_in_threadpool(
        pages.older, library_of(request), set_name, before=before, limit=limit
    )
    token = pages.token_of(of, found[-1].number) if more else None
    return answered_json(request, {"revisions": [*map(revision_json, found)], "next": token})


@router.get(
    "/{set_name}/diff",
    response_model=models.SetDifference,
    openapi_extra=_READ,
    responses={200: {"content": _BOTH}},
)
async def difference(
    request: Request,
    set_name: Name,
    _who: PromptReader,
    old: Annotated[int, Query(alias="from", ge=1, le=10**9, description="a revision")],
    new: Annotated[
        int | None, Query(alias="to", ge=1, le=10**9, description="none: the newest")
    ] = None,
    as_: Annotated[
        Literal["json", "text"], Query(alias="format", description="text: a unified diff")
    ] = "json",
) -> Response:
    """What differs between two revisions of a set, file by file."""
    library = library_of(request)
    if as_ == "text":
        text = await run_in_threadpool(library.diff, set_name, old, new)
        return answered(request, text.encode(), media_type=_TEXT)
    return answered_json(request, await run_in_threadpool(_difference, library, set_name, old, new))


def _difference(library: PromptLibrary, name: str, old: int, new: int | None) -> dict[str, Any]:
    after = library.snapshot(name, revision=new)
    before = library.snapshot(name, revision=old)
    return {
        "set": name,
        "from": before.revision.number,
        "to": after.revision.number,
        "files": compared(before.prompts, after.prompts),
    }
