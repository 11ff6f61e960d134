"""Memories: their revisions, what changed between two, and back to one; erased for good."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from ingenious_ops.api.answers import answered_json, changed
from ingenious_ops.api.asgi.paths import Segment
from ingenious_ops.api.bodies import json_body, object_of
from ingenious_ops.api.changes import audit
from ingenious_ops.api.conditions import (
    CHANGE_PARAMETERS,
    MATCH_PARAMETERS,
    READ_PARAMETERS,
    Condition,
    matched,
)
from ingenious_ops.api.context import MemoryAdmin, MemoryReader, StorageOf
from ingenious_ops.api.openapi import documented
from ingenious_ops.api.pages import Limit, PageToken, number_position, older, token_of
from ingenious_ops.api.routes.memories.edit import ONE, EditOf, expected, missing, new_router
from ingenious_ops.erasure.one import erase_one
from ingenious_ops.records import revision_json
from ingenious_storage import Revision, RevisionId
from ingenious_storage.errors import InvalidDataError, ObjectTooLargeError

LARGEST_DIFF: Final = 1024 * 1024
"""Bytes of both revisions together: a difference takes time by the square of its lines."""
router = new_router(304, 409, 412, 415)
_ROLLBACK: Final = {
    "type": "object",
    "required": ["revision"],
    "properties": {
        "revision": {"type": "integer", "minimum": 1},
        "message": {"type": "string"},
    },
    "additionalProperties": False,
}
_MADE: Final = documented.answer(documented.NamedRevision, "the newest revision")


@router.get(
    ONE + "/revisions",
    responses=documented.answer(documented.History, "the history, also of a deleted memory"),
    openapi_extra={"parameters": READ_PARAMETERS},
)
def revisions(
    *,
    conversation_id: Segment,
    request: Request,
    _who: MemoryReader,
    storage: StorageOf,
    limit: Limit = 20,
    page: PageToken = None,
) -> Response:
    """The revisions of a memory, newest first."""
    of = f"revisions of {conversation_id}"
    before = number_position(page, of)
    found, more = older(storage.memory, conversation_id, before=before, limit=limit)
    leads_on = token_of(of, found[-1].number) if more else None
    shown = [revision_json(each) for each in found]
    return answered_json(request, {"revisions": shown, "next": leads_on})


@router.get(
    ONE + "/diff",
    responses=documented.answer(documented.Difference, "what changed"),
    openapi_extra={"parameters": READ_PARAMETERS},
)
def diff(
    *,
    conversation_id: Segment,
    request: Request,
    _who: MemoryReader,
    storage: StorageOf,
    old: Annotated[int, Query(alias="from", ge=1, description="the older revision")],
    new: Annotated[
        int | None, Query(alias="to", ge=1, description="the newer one; none: the newest")
    ] = None,
) -> Response:
    """What changed in a memory from one revision to another."""
    key = storage.memory.kind.key(conversation_id)
    with missing(conversation_id):
        both = [storage.memory.documents.load(key, revision=each).revision for each in (old, new)]
    if sum(each.size for each in both) > LARGEST_DIFF:
        raise ObjectTooLargeError(
            f"revisions of more than {LARGEST_DIFF} bytes together",
            hint="Read both, and compare them where you are.",
        )
    text = storage.memory.diff(conversation_id, both[0], both[1])
    return answered_json(request, {"diff": text})


@router.post(
    ONE + "/rollback",
    responses=_MADE,
    openapi_extra={
        "requestBody": documented.body({"revision": 3, "message": "Undo"}, _ROLLBACK),
        "parameters": CHANGE_PARAMETERS,
    },
)
async def rollback(edit: EditOf) -> Response:
    """A new revision with what the memory was at an older one."""
    body, sent = await json_body(edit.request)
    wanted = object_of(body, {"revision": int, "message": str}, "revision")
    if wanted["revision"] < 1:
        raise InvalidDataError("revisions are numbered from 1")

    def write() -> Revision:
        return edit.storage.memory.rollback(
            edit.conversation_id,
            wanted["revision"],
            expected=edit.expected(),
            author=edit.who.name,
            message=wanted.get("message", edit.change.message),
        )

    return await edit.made("rollback", write, sent=sent)


@router.post(ONE + "/restore", responses=_MADE, openapi_extra={"parameters": CHANGE_PARAMETERS})
async def restore(edit: EditOf) -> Response:
    """Undo a deletion; a memory that is not deleted stays as it is."""

    def write() -> Revision:
        return edit.storage.memory.restore_memory(
            edit.conversation_id,
            expected=edit.expected(deleted=True),
            author=edit.who.name,
            message=edit.change.message,
        )

    return await edit.made("restore", write)


@router.post(
    ONE + "/erase",
    responses={
        200: documented.raw(
            "the receipt: `ingenious-storage explain cli` has its fields", {"id": "..."}
        )
    },
    openapi_extra={"parameters": MATCH_PARAMETERS},
)
async def erase(
    conversation_id: Segment,
    who: MemoryAdmin,
    storage: StorageOf,
    on: Annotated[Condition, Depends(matched)],
) -> Response:
    """Erase a memory with its whole history, for good; repeated, the receipt says that it is gone.

    With If-Match only when nobody has changed it since.
    """

    def work() -> Any:
        seen = expected(storage, conversation_id, on)
        return erase_one(storage, conversation_id, seen if isinstance(seen, RevisionId) else None)

    receipt = await run_in_threadpool(work)
    audit(who, "erase", f"memory receipt {receipt['id']}")
    return changed(receipt, None)
