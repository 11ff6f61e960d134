"""Routes of the files of a prompt set: `/api/v1/sets/{set}/files/{path}`.

A file is sent as its text: text/markdown where its name ends in .md, else text/plain. Its ETag is
that of the set's revision: a set is changed as a whole, so If-Match says that nobody has changed
anything in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from ingenious_ops.api.asgi.paths import Segments
from ingenious_ops.api.bodies import text_body
from ingenious_ops.api.conditions import CHANGE_PARAMETERS
from ingenious_ops.api.openapi.responses import problems
from ingenious_ops.api.routes.prompts import models
from ingenious_ops.api.routes.prompts.edit import FileEditOf, GuardedFileEditOf
from ingenious_ops.api.routes.prompts.shared import is_new
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
async def put_file(edit: GuardedFileEditOf, path: Segments) -> Response:
    """Commit the text of one file. `If-None-Match: *`: the file must not be there yet."""
    text, sent = await text_body(edit.request, *TEXTS)

    def write() -> Revision:
        return edit.library.commit(
            edit.name,
            {path: text},
            expected=None if edit.on.absent else edit.expected(),
            check=is_new(path) if edit.on.absent else None,
            author=edit.who.name,
            message=edit.change.message,
            tags=edit.change.tags,
        )

    return await edit.made("commit", write, sent=sent)


@router.delete(
    _PATH, response_model=models.SetChanged, openapi_extra={"parameters": CHANGE_PARAMETERS}
)
async def delete_file(edit: FileEditOf, path: Segments) -> Response:
    """Take one file out of a set; older revisions have it."""

    def write() -> Revision:
        return edit.library.commit(
            edit.name,
            {path: None},
            expected=edit.expected(),
            check=_is_there(edit.name, path),
            author=edit.who.name,
            message=edit.change.message,
            tags=edit.change.tags,
        )

    return await edit.made("commit", write)


def _is_there(set_name: str, path: str) -> Callable[[dict[str, str]], None]:
    def check(files: dict[str, str]) -> None:
        if path not in files:
            raise PromptNotFoundError(f"no prompt {path!r} in set {set_name!r}")

    return check
