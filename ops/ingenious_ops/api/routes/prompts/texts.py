"""Routes that read the text of one file: what services ask for again and again.

A file is sent as its text: text/markdown where its name ends in .md, else text/plain. Its ETag is
that of the set's revision.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response

from ingenious_ops.api.answers import answered
from ingenious_ops.api.asgi.paths import Segments
from ingenious_ops.api.conditions import READ_PARAMETERS
from ingenious_ops.api.context import PromptReader, context_of
from ingenious_ops.api.etags import etag_of
from ingenious_ops.api.identity.transport import root_of
from ingenious_ops.api.openapi.responses import problems
from ingenious_ops.api.reads.held import HeldSet
from ingenious_ops.api.reads.lean import LeanRoute
from ingenious_ops.api.reads.ready import ready
from ingenious_ops.api.routes.prompts.files import TEXTS
from ingenious_ops.api.routes.prompts.sets import RevisionNumber
from ingenious_ops.api.routes.prompts.shared import Name

_STRING: Final[dict[str, Any]] = {"schema": {"type": "string"}}
_READ: Final[dict[str, Any]] = {"parameters": READ_PARAMETERS}
_TEXT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The text", "content": dict.fromkeys(TEXTS, _STRING)}
}
router = APIRouter(
    prefix="/api/v1",
    route_class=LeanRoute,
    responses={**problems(304, 404, 409, 412), **_TEXT},
)


@router.get(
    "/labels/{label}/files/{path:path}",
    response_class=Response,
    openapi_extra=_READ,
    tags=["labels"],
)
async def read_pinned(
    request: Request, label: Name, path: Segments, _who: PromptReader
) -> Response:
    """The text of a file as the label pins it: what a service reads to run with.

    Its ETag is that of the set's revision, so it changes when the label moves.
    """
    context = context_of(request)
    library = context.storage.prompts
    pinned = await context.held.label(library, label)
    found = await context.held.set(library, pinned.set, pinned)
    return _answer(request, found, path, place=True)


@router.get(
    "/sets/{set_name}/files/{path:path}",
    response_class=Response,
    tags=["prompt sets"],
    openapi_extra=_READ,
)
async def read_file(
    request: Request,
    set_name: Name,
    path: Segments,
    _who: PromptReader,
    revision: RevisionNumber = None,
) -> Response:
    """The text of a file, as it is now or was at a revision."""
    context = context_of(request)
    found = await context.held.set(context.storage.prompts, set_name, revision)
    return _answer(request, found, path)


def _answer(request: Request, found: HeldSet, path: str, *, place: bool = False) -> Response:
    """The text of one file.

    Args:
        place: whether the answer says where it is found under its own name.
    """
    text, root = found.file(path), root_of(request)

    def make() -> Response:
        tag, media_type = etag_of(found.revision), _media_type(path)
        headers = {"Content-Location": _place(root, found, path)} if place else {}
        return answered(request, text, tag, media_type=media_type, headers=headers)

    kind = ("pinned", path, root) if place else ("text", path)
    return ready(request, found, kind, text, make)


def _place(root: str, found: HeldSet, path: str) -> str:
    number = found.revision.number
    return f"{root}/api/v1/sets/{found.name}/files/{quote(path)}?revision={number}"


def _media_type(path: str) -> str:
    """What a prompt is sent as."""
    kind = "text/markdown" if path.endswith(".md") else "text/plain"
    return f"{kind}; charset=utf-8"
