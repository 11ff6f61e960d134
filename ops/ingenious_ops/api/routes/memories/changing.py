"""Memories: made, saved, patched, appended to, deleted."""

from __future__ import annotations

import hashlib
import uuid
from typing import Final

from fastapi import Request
from starlette.responses import Response

from ingenious_ops.api import patches
from ingenious_ops.api.bodies import json_body, object_of, require_type
from ingenious_ops.api.changes import Change, Changed
from ingenious_ops.api.conditions import CHANGE_PARAMETERS, Condition
from ingenious_ops.api.context import MemoryEditor, StorageOf
from ingenious_ops.api.errors import PatchConflictError
from ingenious_ops.api.identity.principal import Principal
from ingenious_ops.api.openapi import documented
from ingenious_ops.api.routes.memories.edit import ONE, Edit, EditOf, GuardedEditOf, new_router
from ingenious_storage import Revision
from ingenious_storage.documents import note
from ingenious_storage.errors import ConflictError, InvalidDataError
from ingenious_storage.jsondata import Json, dumps

router = new_router(409, 412, 415, 428)
_DATA: Final = {"messages": [{"role": "user", "content": "Hello"}]}
_MESSAGES: Final = {
    "type": "object",
    "required": ["messages"],
    "properties": {"messages": {"type": "array", "minItems": 1, "items": {}}},
    "additionalProperties": False,
}
_MEMORY: Final = {"type": ["object", "array", "string", "number", "boolean"]}
_OPERATION: Final = {
    "type": "object",
    "required": ["op", "path"],
    "properties": {
        "op": {"enum": ["add", "remove", "replace", "move", "copy", "test"]},
        "path": {"type": "string", "pattern": "^(/([^~]|~0|~1)*)?$"},
        "from": {"type": "string", "pattern": "^(/([^~]|~0|~1)*)?$"},
        "value": {},
    },
}
_OPERATIONS: Final = [{"op": "add", "path": "/messages/-", "value": {"role": "user"}}]
_PATCHES: Final = {
    patches.JSON_PATCH: {
        "schema": {"type": "array", "items": _OPERATION, "maxItems": patches.MOST},
        "example": _OPERATIONS,
    },
    patches.MERGE_PATCH: {"schema": _MEMORY, "example": {"summary": None}},
}
_MADE: Final = documented.answer(documented.NamedRevision, "the newest revision")
_FIRST: Final = documented.answer(documented.NamedRevision, "the first revision", 201)


@router.post(
    "",
    status_code=201,
    responses=_FIRST,
    openapi_extra={"requestBody": documented.body(_DATA, _MEMORY)},
)
async def create(
    request: Request, who: MemoryEditor, storage: StorageOf, change: Changed
) -> Response:
    """A new memory, which the server names; the same Idempotency-Key means the same memory."""
    data, sent = await json_body(request)
    edit = Edit(request, storage, who, change, Condition(), _name_for(who, change))
    return await edit.made("create", lambda: _created(edit, data), sent=sent, status=201)


@router.put(
    ONE,
    responses={**_MADE, **_FIRST},
    openapi_extra={"requestBody": documented.body(_DATA, _MEMORY), "parameters": CHANGE_PARAMETERS},
)
async def save(edit: GuardedEditOf) -> Response:
    """Make the body the newest revision, on top of the one that the condition names."""
    data, sent = await json_body(edit.request)
    status = 201 if edit.on.absent else 200
    return await edit.made("save", lambda: _saved(edit, data), sent=sent, status=status)


@router.patch(
    ONE,
    responses=_MADE,
    openapi_extra={
        "requestBody": {"required": True, "content": _PATCHES},
        "parameters": CHANGE_PARAMETERS,
    },
)
async def patch(edit: EditOf) -> Response:
    """Change parts of a memory, by JSON Patch or merge patch; others' changes are never lost.

    Without a condition it is applied to whatever is there then. What changes nothing makes no
    revision.
    """
    given = require_type(edit.request, [*_PATCHES])
    body, sent = await json_body(edit.request, given)
    largest = edit.storage.settings.storage.max_document_bytes
    apply = patches.change_of(given, body, max_bytes=largest)

    def write() -> Revision:
        return edit.storage.memory.update_memory(
            edit.conversation_id, apply, expected=edit.expected(), **edit.why
        )

    return await edit.made("patch", write, sent=sent)


@router.post(
    ONE + "/messages",
    responses=_MADE,
    openapi_extra={
        "requestBody": documented.body(_DATA, _MESSAGES),
        "parameters": CHANGE_PARAMETERS,
    },
)
async def append(edit: EditOf) -> Response:
    """Append messages to `{"messages": [...]}`, in one revision; the memory may be new."""
    body, sent = await json_body(edit.request)
    messages = object_of(body, {"messages": list}, "messages")["messages"]
    if not messages:
        raise InvalidDataError("no message to append", hint="Send one or more.")

    dumps(messages)  # so that what is refused below is the memory as it is

    def write() -> Revision:
        try:
            return edit.storage.memory.append_messages(
                edit.conversation_id, messages, expected=edit.expected(), **edit.why
            )
        except InvalidDataError as error:
            raise PatchConflictError(error.message) from None

    return await edit.made("append", write, sent=sent)


@router.delete(ONE, responses=_MADE, openapi_extra={"parameters": CHANGE_PARAMETERS})
async def delete(edit: EditOf) -> Response:
    """Delete a memory; its history stays, and `restore` undoes it."""

    def write() -> Revision:
        return edit.storage.memory.delete_memory(
            edit.conversation_id,
            expected=edit.expected(deleted=True),  # a repetition finds its own
            author=edit.who.name,
            message=edit.change.message,
        )

    return await edit.made("delete", write)


def _name_for(who: Principal, change: Change) -> str:
    if change.key is None:
        return str(uuid.uuid4())
    named = hashlib.sha256(f"new memory\n{who.name}\n{change.key}".encode()).digest()
    return str(uuid.UUID(bytes=named[:16], version=5))


def _created(edit: Edit, data: Json) -> Revision:
    memory, change = edit.storage.memory, edit.change
    return memory.documents.create(
        memory.kind.key(edit.conversation_id),
        _some(data),
        name=edit.conversation_id,
        note=note(edit.who.name, change.message, change.tags),
    )


def _saved(edit: Edit, data: Json) -> Revision:
    if edit.on.absent:
        return _created(edit, data)
    memory = edit.storage.memory
    if not edit.on.exists:
        return memory.save_memory(
            edit.conversation_id, _some(data), expected=edit.expected(), **edit.why
        )

    def replaced(old: Json) -> Json:
        if old is None:
            raise ConflictError("If-Match: *, and there is no such memory")
        return _some(data)

    return memory.update_memory(edit.conversation_id, replaced, **edit.why)


def _some(data: Json) -> Json:
    if data is None:
        raise InvalidDataError("a memory of null", hint="Send an object, a list or a value.")
    return data
