"""Erasing a conversation with its whole history, for good; the receipt says what is gone."""

from __future__ import annotations

import base64
from typing import Annotated

import orjson
from fastapi import Form, Request
from starlette.responses import Response

from ingenious_ops.api.changes import audit
from ingenious_ops.api.context import StorageOf
from ingenious_ops.console.access import MemoryAdmin
from ingenious_ops.console.forms import NameIn, NameSent, Seen, revision_of
from ingenious_ops.console.rendering import page
from ingenious_ops.console.routing import pages_router
from ingenious_ops.console.shown.words import plain
from ingenious_ops.erasure.forgetting import in_words
from ingenious_ops.erasure.one import erase_one
from ingenious_storage.services.memory_info import memory_info

router = pages_router()


@router.get("/conversation/erase")
def ask_erase(*, request: Request, who: MemoryAdmin, storage: StorageOf, name: NameIn) -> Response:
    """The id has to be typed once more."""
    info = memory_info(storage.memory, name)
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
    if _as_typed(typed) not in (_as_typed(name), _as_typed(plain(name))):
        info = memory_info(storage.memory, name)
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
    content = erase_one(storage, name, seen)
    audit(who, "erase", f"memory receipt {content['id']}")
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


def _as_typed(text: str) -> str:
    """As a field of one line holds it: no line break, and spaces as a page shows them."""
    return " ".join(text.split())
