"""Edit: one change of one memory, with all that the request says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from ingenious_ops.api.answers import changed
from ingenious_ops.api.asgi.paths import Segment
from ingenious_ops.api.changes import Change, Changed, audit
from ingenious_ops.api.conditions import Condition, condition_of, demanded
from ingenious_ops.api.context import MemoryEditor, StorageOf
from ingenious_ops.api.etags import etag_of
from ingenious_ops.api.identity.principal import Principal
from ingenious_ops.api.identity.transport import root_of
from ingenious_ops.api.openapi.responses import problems
from ingenious_ops.records import revision_json
from ingenious_storage import Revision, RevisionId, Storage
from ingenious_storage.errors import MemoryNotFoundError, NotFoundError, missing_as

PATH: Final = "/api/v1/memories"
ONE: Final = "/{conversation_id}"


def new_router(*statuses: int) -> APIRouter:
    """A router of memories, whose routes may answer these besides the usual."""
    return APIRouter(prefix=PATH, tags=["memories"], responses=problems(404, *statuses))


@dataclass(frozen=True, slots=True)
class Edit:
    """One change; its author is who asks."""

    request: Request
    storage: Storage
    who: Principal
    change: Change
    on: Condition
    conversation_id: str

    @property
    def why(self) -> dict[str, Any]:
        """Author, message and tags, as the services take them."""
        change = self.change
        return {"author": self.who.name, "message": change.message, "tags": change.tags}

    def expected(self, *, deleted: bool = False) -> int | RevisionId | None:
        """What it has to go on top of. Raises: ConflictError, MemoryNotFoundError.

        Args:
            deleted: whether that may be a deletion for `If-Match: *`.
        """
        return expected(self.storage, self.conversation_id, self.on, deleted=deleted)

    async def made(
        self, act: str, write: Callable[[], Revision], *, sent: bytes = b"", status: int = 200
    ) -> Response:
        """What `write` has made, in a thread, once for each Idempotency-Key.

        The line in the audit log has no id: conversations are often named by phone numbers. The
        revision's write_id tells which it was, to who may read the history.
        """
        revision = await self.change.made(write, who=self.who, request=self.request, body=sent)
        audit(self.who, act, "memory", revision)
        record = {"id": self.conversation_id, **revision_json(revision)}
        where = {"Location": self._location()} if status == 201 else None
        return changed(record, etag_of(revision), status=status, headers=where)

    def _location(self) -> str:
        root = root_of(self.request)
        return f"{root}{PATH}/{quote(self.conversation_id, safe='')}"


async def _edit(
    request: Request,
    conversation_id: Segment,
    who: MemoryEditor,
    storage: StorageOf,
    change: Changed,
) -> Edit:
    return Edit(request, storage, who, change, await condition_of(request), conversation_id)


async def _guarded(
    request: Request,
    conversation_id: Segment,
    who: MemoryEditor,
    storage: StorageOf,
    change: Changed,
) -> Edit:
    return Edit(request, storage, who, change, await demanded(request), conversation_id)


EditOf = Annotated[Edit, Depends(_edit)]
"""A change that may have a condition."""
GuardedEditOf = Annotated[Edit, Depends(_guarded)]
"""A change that must have one, else 428."""


def expected(
    storage: Storage, conversation_id: str, on: Condition, *, deleted: bool = True
) -> int | RevisionId | None:
    """What a change has to go on top of. Raises: ConflictError, MemoryNotFoundError."""
    key = storage.memory.kind.key(conversation_id)

    def newest() -> RevisionId:
        head = storage.memory.documents.existing(key)
        if head.deleted and on.exists and not deleted:
            raise NotFoundError("this memory was deleted", key=key)
        return head.id

    with missing(conversation_id):
        return on.expected(newest)


def missing(conversation_id: str) -> missing_as:
    """What a missing document means inside: MemoryNotFoundError."""
    return missing_as(MemoryNotFoundError, f"no memory of conversation {conversation_id!r}")
