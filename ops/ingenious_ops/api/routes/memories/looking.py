"""Memories: listed, and read."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from ingenious_ops.api.answers import answered, answered_json
from ingenious_ops.api.asgi.paths import Segment
from ingenious_ops.api.conditions import READ_PARAMETERS
from ingenious_ops.api.context import MemoryReader, StorageOf
from ingenious_ops.api.etags import etag_of
from ingenious_ops.api.openapi import documented
from ingenious_ops.api.pages import Limit, PageToken, text_position, token_of
from ingenious_ops.api.routes.memories.edit import ONE, missing, new_router
from ingenious_ops.times import timestamp
from ingenious_storage import RevisionId, Storage
from ingenious_storage.errors import MemoryNotFoundError
from ingenious_storage.jsondata import dumps
from ingenious_storage.services.memory_info import page_of_memories

router = new_router(304, 409, 412)


@router.get(
    "",
    responses=documented.answer(documented.Memories, "memories that are not deleted"),
    openapi_extra={"parameters": READ_PARAMETERS},
)
def listing(
    *,
    request: Request,
    _who: MemoryReader,
    storage: StorageOf,
    prefix: Annotated[str, Query(max_length=1000, description="of the ids")] = "",
    limit: Limit = 100,
    page: PageToken = None,
) -> Response:
    """The memories that are there, in the order of their keys."""
    of = f"memories {prefix}"
    token = text_position(page, of)
    found, following = page_of_memories(storage.memory, prefix, token=token, limit=limit)
    listed = [
        {"id": each.conversation_id, "size": each.size, "changed": timestamp(each.changed)}
        for each in found
    ]
    leads_on = None if following is None else token_of(of, following)
    return answered_json(request, {"memories": listed, "next": leads_on})


@router.get(
    ONE,
    responses={200: documented.raw("the memory", {"messages": []})},
    openapi_extra={"parameters": READ_PARAMETERS},
)
async def read(
    *,
    conversation_id: Segment,
    request: Request,
    _who: MemoryReader,
    storage: StorageOf,
    revision: Annotated[int | None, Query(ge=1, description="an older one")] = None,
) -> Response:
    """A memory as it is now, or as it was at a revision."""
    found = None if revision is not None else _remembered(storage, conversation_id)
    if found is None:
        found = await run_in_threadpool(_read, storage, conversation_id, revision)
    data, made = found
    return answered(request, data, etag_of(made))


def _remembered(storage: Storage, conversation_id: str) -> tuple[bytes, RevisionId] | None:
    """What this process holds and knows to be the newest: no request, and no thread for it."""
    memory = storage.memory
    if not memory.kind.shows_names:  # their key may have to be asked for
        return None
    key = memory.kind.key(conversation_id)
    head = memory.documents.head(key, fresh=False)
    if head is None or head.deleted or head.etag is None:
        return None
    is_current = memory.documents.files.backend.is_current(key, head.etag)
    return (head.data, head.id) if is_current else None


def _read(storage: Storage, conversation_id: str, revision: int | None) -> tuple[bytes, RevisionId]:
    documents, key = storage.memory.documents, storage.memory.kind.key(conversation_id)
    with missing(conversation_id):
        if revision is not None:
            found = documents.load(key, revision=revision)
            return dumps(found.data), found.revision
        head = documents.existing(key, fresh=False)
    if head.deleted:
        raise MemoryNotFoundError(
            f"the memory of conversation {conversation_id!r} was deleted",
            hint="`restore` undoes it; `revisions` shows what it was.",
        )
    return head.data, head.id
