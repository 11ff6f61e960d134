"""Routes of prompt sets: `/api/v1/sets`."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from ingenious_ops.api import pages
from ingenious_ops.api.answers import answered_json, changed
from ingenious_ops.api.changes import Repeatable, audit
from ingenious_ops.api.conditions import (
    CHANGE_PARAMETERS,
    MATCH_PARAMETERS,
    READ_PARAMETERS,
    Condition,
    matched,
)
from ingenious_ops.api.context import PromptAdmin, PromptEditor, PromptReader, context_of
from ingenious_ops.api.etags import etag_of
from ingenious_ops.api.identity.transport import root_of
from ingenious_ops.api.openapi.responses import problems
from ingenious_ops.api.routes.prompts import models
from ingenious_ops.api.routes.prompts.edit import DeletionOf, Edit, EditOf, expected
from ingenious_ops.api.routes.prompts.shared import Name, library_of, read
from ingenious_ops.erasure.forgetting import forget
from ingenious_ops.erasure.purged import purged_json
from ingenious_ops.records import revision_json
from ingenious_ops.times import timestamp
from ingenious_storage import PromptLibrary, PurgeReceipt, Revision, RevisionId
from ingenious_storage.services.kinds import PROMPT_SETS

router = APIRouter(prefix="/api/v1/sets", tags=["prompt sets"], responses=problems(409, 412))
RevisionNumber = Annotated[
    int | None, Query(ge=1, le=10**9, description="a number of the history; none: the newest")
]
_LIST: Final = "sets"
_READ: Final[dict[str, Any]] = {"parameters": READ_PARAMETERS}


@router.get("", response_model=models.Sets, openapi_extra=_READ, responses=problems(304))
async def list_sets(
    request: Request,
    _who: PromptReader,
    limit: pages.Limit = 100,
    page: pages.PageToken = None,
) -> Response:
    """The prompt sets that are not deleted, by name."""
    after = pages.text_position(page, _LIST)
    found, more = await run_in_threadpool(_listed, library_of(request), after, limit)
    token = pages.token_of(_LIST, found[-1]["name"]) if more else None
    return answered_json(request, {"sets": found, "next": token})


@router.post(
    "",
    status_code=201,
    response_model=models.SetChanged,
    openapi_extra=models.body(models.NewSet),
    responses=problems(404, 415),
)
async def create_set(request: Request, who: PromptEditor, change: Repeatable) -> Response:
    """Create a prompt set, empty, of files, or from another. 409 when the name is taken."""
    body, sent = await read(request, models.NewSet)
    edit = Edit(request, who, change, Condition(), body.name)
    place = f"{root_of(request)}/api/v1/sets/{quote(body.name)}"
    write = partial(_create, edit.library, body, who.name)
    return await edit.made("create", write, sent=sent, status=201, headers={"Location": place})


@router.get(
    "/{set_name}",
    response_model=models.Set,
    openapi_extra=_READ,
    responses=problems(304, 404, 409, 412),
)
async def read_set(
    request: Request, set_name: Name, _who: PromptReader, revision: RevisionNumber = None
) -> Response:
    """All files of a set, as they are now or were at a revision."""
    found = await run_in_threadpool(library_of(request).snapshot, set_name, revision=revision)
    record = {
        "set": set_name,
        "revision": revision_json(found.revision),
        "files": found.prompts,
    }
    return answered_json(request, record, etag_of(found.revision))


@router.delete(
    "/{set_name}",
    response_model=models.SetChanged,
    openapi_extra={"parameters": CHANGE_PARAMETERS},
    responses=problems(404),
)
async def delete_set(edit: DeletionOf) -> Response:
    """Delete a set; its history stays, labels go on working, and restore brings it back."""

    def write() -> Revision:
        return edit.library.delete_set(
            edit.name,
            # What is not there is not deleted anyway; a repetition finds its own deletion.
            expected=None if edit.on.exists else edit.expected(),
            author=edit.who.name,
            message=edit.change.message,
        )

    return await edit.made("delete", write)


@router.post(
    "/{set_name}/commits",
    response_model=models.SetChanged,
    openapi_extra={**models.body(models.Commit), "parameters": CHANGE_PARAMETERS},
    responses=problems(404, 415),
)
async def commit(edit: EditOf) -> Response:
    """Change several files in one revision: all of it is seen, or nothing.

    Without If-Match it goes on top of whatever others have committed.
    """
    body, sent = await read(edit.request, models.Commit)

    def write() -> Revision:
        return edit.library.commit(
            edit.name,
            body.changes,
            expected=edit.expected(),
            author=edit.who.name,
            message=body.message,
            tags=body.tags,
        )

    return await edit.made("commit", write, sent=sent)


@router.post(
    "/{set_name}/rollback",
    response_model=models.SetChanged,
    openapi_extra={**models.body(models.Rollback), "parameters": CHANGE_PARAMETERS},
    responses=problems(404, 415),
)
async def rollback(edit: EditOf) -> Response:
    """Make an old revision the newest again: a new revision, so that nothing is lost."""
    body, sent = await read(edit.request, models.Rollback)

    def write() -> Revision:
        return edit.library.rollback(
            edit.name,
            body.revision,
            expected=edit.expected(),
            author=edit.who.name,
            message=body.message,
        )

    return await edit.made("rollback", write, sent=sent)


@router.post(
    "/{set_name}/restore",
    response_model=models.SetChanged,
    openapi_extra={
        **models.body(models.Why, required=False),
        "parameters": CHANGE_PARAMETERS,
    },
    responses=problems(404, 415),
)
async def restore(edit: EditOf) -> Response:
    """Undo a delete. A set that is not deleted stays as it is."""
    body, sent = await read(edit.request, models.Why, optional=True)

    def write() -> Revision:
        return edit.library.restore_set(
            edit.name,
            expected=edit.expected(deleted=True),
            author=edit.who.name,
            message=body.message,
        )

    return await edit.made("restore", write, sent=sent)


@router.post(
    "/{set_name}/erase",
    response_model=models.Erased,
    openapi_extra={"parameters": MATCH_PARAMETERS},
    responses=problems(404),
)
async def erase(
    request: Request,
    set_name: Name,
    who: PromptAdmin,
    condition: Annotated[Condition, Depends(matched)],
) -> Response:
    """Erase a set with its whole history, for good. 409 while a label pins a revision of it.

    With If-Match only when nobody has changed it since.
    """
    library = library_of(request)

    def call() -> PurgeReceipt:
        seen = expected(library, set_name, condition, deleted=True)
        return library.purge_set(set_name, expected=seen if isinstance(seen, RevisionId) else None)

    receipt = await run_in_threadpool(call)
    audit(who, "erase", f"set {set_name}")
    storage = context_of(request).storage
    catalogue = await run_in_threadpool(forget, storage, "prompts", [set_name])
    return changed({"set": set_name, **purged_json(receipt), "catalogue": catalogue}, None)


def _listed(
    library: PromptLibrary, after: str | None, limit: int
) -> tuple[list[dict[str, Any]], bool]:
    """The sets behind a name, and whether there are more."""
    found: list[dict[str, Any]] = []
    for blob in library.documents.list_blobs(PROMPT_SETS.root):
        name = PROMPT_SETS.segment(blob.key)
        if after is not None and blob.key <= PROMPT_SETS.key(after):
            continue
        if len(found) == limit:
            return found, True
        changed_at = timestamp(blob.last_modified)
        found.append({"name": name, "size": blob.size, "changed": changed_at})
    return found, False


def _create(library: PromptLibrary, body: models.NewSet, author: str) -> Revision:
    source: Any = body.source
    if body.source is not None and body.source.startswith("@"):
        source = library.get_label(body.source[1:])
    return library.create_set(
        body.name, body.files, source=source, author=author, message=body.message
    )
