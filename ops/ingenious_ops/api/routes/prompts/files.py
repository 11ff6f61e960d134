"""Routes of the files of a prompt set: `/api/v1/sets/{set}/files/{path}`.

A file is sent as its text: text/markdown where its name ends in .md, else text/plain. Its ETag is
that of the set's revision: a set is changed as a whole, so If-Match says that nobody has changed
anything in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from ingenious_ops.api.asgi.paths import Segments
from ingenious_ops.api.bodies import text_body
from ingenious_ops.api.changes import Changed
from ingenious_ops.api.conditions import CHANGE_PARAMETERS, Conditional, Guarded
from ingenious_ops.api.context import PromptEditor
from ingenious_ops.api.openapi.responses import problems
from ingenious_ops.api.routes.prompts import models
from ingenious_ops.api.routes.prompts.shared import (
    Name,
    expected,
    is_new,
    library_of,
    set_changed,
    write,
)
from ingenious_storage import Revision
from ingenious_storage.errors import PromptNotFoundError

router = APIRouter(prefix="/api/v1/sets", tags=["prompt sets"], responses=problems(404, 409, 412))
TEXTS: Final = ("text/plain", "text/markdown")
_PATH: Final = "/{set_name}/files/{path:path}"
_STRING: Final[dict[str, Any]] = {"schema": {"type": "string"}}
_BODY: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": dict.fromkeys(TEXTS, _STRING)},
    "parameters": CHANGE_PARAMETERS,
}


@router.put(
    _PATH, response_model=models.SetChanged, openapi_extra=_BODY, responses=problems(415, 428)
)
async def put_file(
    request: Request,
    *,
    set_name: Name,
    path: Segments,
    who: PromptEditor,
    change: Changed,
    condition: Guarded,
) -> Response:
    """Commit the text of one file. `If-None-Match: *`: the file must not be there yet."""
    text, raw = await text_body(request, *TEXTS)
    library = library_of(request)

    def call() -> Revision:
        return library.commit(
            set_name,
            {path: text},
            expected=None if condition.absent else expected(library, set_name, condition),
            check=is_new(path) if condition.absent else None,
            author=who.name,
            message=change.message,
            tags=change.tags,
        )

    return set_changed(who, "commit", set_name, await write(request, change, who, raw, call))


@router.delete(
    _PATH, response_model=models.SetChanged, openapi_extra={"parameters": CHANGE_PARAMETERS}
)
async def delete_file(
    request: Request,
    *,
    set_name: Name,
    path: Segments,
    who: PromptEditor,
    change: Changed,
    condition: Conditional,
) -> Response:
    """Take one file out of a set; older revisions have it."""
    library = library_of(request)

    def call() -> Revision:
        return library.commit(
            set_name,
            {path: None},
            expected=expected(library, set_name, condition),
            check=_is_there(set_name, path),
            author=who.name,
            message=change.message,
            tags=change.tags,
        )

    return set_changed(who, "commit", set_name, await write(request, change, who, b"", call))


def _is_there(set_name: str, path: str) -> Callable[[dict[str, str]], None]:
    def check(files: dict[str, str]) -> None:
        if path not in files:
            raise PromptNotFoundError(f"no prompt {path!r} in set {set_name!r}")

    return check
