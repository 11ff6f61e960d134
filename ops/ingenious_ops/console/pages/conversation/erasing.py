"""Erasing a conversation with its whole history, for good; the receipt says what is gone."""

from __future__ import annotations

import base64
import hmac
from typing import Annotated, Any

import orjson
from fastapi import Form, Request
from starlette.responses import Response

from ingenious_ops.api.context import StorageOf
from ingenious_ops.console.access import MemoryAdmin
from ingenious_ops.console.conversation_data import info_of
from ingenious_ops.console.forms import NameIn, NameSent, Seen, revision_of
from ingenious_ops.console.rendering import page
from ingenious_ops.console.routing import pages_router
from ingenious_ops.erasure import receipt as receipts
from ingenious_ops.erasure.forgetting import forget, in_words
from ingenious_ops.erasure.journal import Journal
from ingenious_ops.erasure.run import erase as erase_all
from ingenious_ops.erasure.targets import Target
from ingenious_storage import RevisionId, Storage
from ingenious_storage.errors import ConflictError

router = pages_router()


@router.get("/conversation/erase")
def ask_erase(*, request: Request, who: MemoryAdmin, storage: StorageOf, name: NameIn) -> Response:
    """The id has to be typed once more."""
    info = info_of(storage.memory, name)
    return page(
        request,
        "conversation/erase.html",
        who,
        info=info,
        shown=info.newest,
        typed="",
        is_wrong=False,
    )


@router.post("/conversation/erase")
def erase(
    *,
    request: Request,
    who: MemoryAdmin,
    storage: StorageOf,
    name: NameSent,
    expected: Seen,
    typed: Annotated[str, Form()] = "",
) -> Response:
    """Erase it, unless it was changed since it was looked at. Raises: ConflictError."""
    seen = revision_of(expected)
    if not hmac.compare_digest(typed.strip().encode(), name.strip().encode()):
        info = info_of(storage.memory, name)
        return page(
            request,
            "conversation/erase.html",
            who,
            status=422,
            info=info,
            shown=info.newest,
            typed=typed,
            is_wrong=True,
        )
    content = _erased(storage, name, seen)
    text = orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n"
    return page(
        request,
        "conversation/receipt.html",
        who,
        name=name,
        receipt=content,
        entry=content["documents"][0],
        catalogue=in_words(content["catalogue"]),
        text=text.decode(),
        data=f"data:application/json;base64,{base64.b64encode(text).decode()}",
    )


def _erased(storage: Storage, name: str, seen: RevisionId) -> dict[str, Any]:
    """The receipt of what was erased, or of what was gone already."""
    memory = storage.memory
    began, key = memory.documents.files.now(), memory.kind.key(name)
    head = memory.documents.head(key)
    if head is not None and not head.purged and head.revision.id != seen:
        raise _changed_meanwhile(name)
    target = Target(key, name, etag=None if head is None else head.etag)
    entries = erase_all(memory, [target], Journal(None, receipts.place_of(storage)))
    if entries[0]["status"] == "kept":
        raise _changed_meanwhile(name)
    ended = memory.documents.files.now()
    return receipts.made(
        storage,
        entries,
        selection="one id",
        started_at=began,
        ended_at=ended,
        catalogue=forget(storage, "memory", keys=[key]),
    )


def _changed_meanwhile(name: str) -> ConflictError:
    return ConflictError(
        f"conversation {name!r} was changed since you looked at it; nothing was erased",
        hint="Look at it again: what was added may have to be kept.",
    )
