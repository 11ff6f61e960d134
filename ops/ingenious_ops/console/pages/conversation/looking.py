"""Looking at a conversation: messages, raw JSON, history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

import orjson
from fastapi import Depends, Query, Request
from starlette.responses import Response

from ingenious_ops.api.context import StorageOf
from ingenious_ops.api.identity.principal import Access
from ingenious_ops.console.access import MemoryReader, page_needs
from ingenious_ops.console.conversation_data import at_revision, history_page
from ingenious_ops.console.downloads import download
from ingenious_ops.console.forms import NameIn
from ingenious_ops.console.rendering import page
from ingenious_ops.console.routing import pages_router
from ingenious_ops.console.shown.json_text import indented
from ingenious_ops.console.shown.messages import Message, message_of, messages_in
from ingenious_ops.console.shown.trees import Node, tree_of
from ingenious_storage.services.memory_info import memory_info

router = pages_router()

PER_PAGE: Final = 50
"""Messages."""
MOST_RAW: Final = 200_000
"""Characters of JSON on a page; a download has all."""
Revision = Annotated[int | None, Query(ge=1, le=10**18)]


@dataclass(frozen=True, slots=True)
class Content:
    """The data of one revision as a page shows it: messages, or else a tree of whatever it is."""

    messages: list[Message]
    first: int
    """Number of the first message on this page."""
    count: int
    """Of all messages."""
    tree: Node | None
    """Of what is no message."""


@router.get("/conversation")
def conversation(
    *,
    request: Request,
    who: MemoryReader,
    storage: StorageOf,
    name: NameIn,
    revision: Revision = None,
    first: Annotated[int | None, Query(ge=1, le=10**9)] = None,
) -> Response:
    """What was said, in the newest revision or a given one."""
    info = memory_info(storage.memory, name)
    shown, content = None, None
    if revision is not None or not info.deleted:
        document = at_revision(storage.memory, name, revision)
        shown, content = document.revision, content_of(document.data, first)
    return page(
        request,
        "conversation/messages.html",
        who,
        info=info,
        shown=shown or info.newest,
        content=content,
        per_page=PER_PAGE,
    )


@router.get("/conversation/raw")
def raw(
    *,
    request: Request,
    who: MemoryReader,
    storage: StorageOf,
    name: NameIn,
    revision: Revision = None,
) -> Response:
    """The JSON as it is stored, indented."""
    info = memory_info(storage.memory, name)
    document = at_revision(storage.memory, name, revision)
    text = indented(document.data)
    return page(
        request,
        "conversation/raw.html",
        who,
        info=info,
        shown=document.revision,
        text=text[:MOST_RAW],
        left_out=max(0, len(text) - MOST_RAW),
    )


@router.get("/conversation/download", dependencies=[Depends(page_needs(Access.READER, "data"))])
def as_file(storage: StorageOf, name: NameIn, revision: Revision = None) -> Response:
    """The JSON as a file."""
    document = at_revision(storage.memory, name, revision)
    return download(
        orjson.dumps(document.data),
        f"{name}-revision-{document.revision.number}.json",
        "application/json",
    )


@router.get("/conversation/history")
def history(
    *,
    request: Request,
    who: MemoryReader,
    storage: StorageOf,
    name: NameIn,
    below: Annotated[int | None, Query(ge=1, le=10**18)] = None,
) -> Response:
    """Revisions, newest first, also of a deleted conversation."""
    info = memory_info(storage.memory, name)
    revisions = history_page(storage.memory, info, below)
    return page(
        request,
        "conversation/history.html",
        who,
        info=info,
        shown=info.newest,
        revisions=revisions,
        below=below,
    )


def content_of(data: Any, first: int | None) -> Content:
    """A page of messages, the last one unless it is said where it begins."""
    found = messages_in(data)
    if found is None:
        return Content([], 1, 0, tree_of(data))
    begin = max(1, len(found) - PER_PAGE + 1) if first is None else min(first, len(found))
    shown = [message_of(at, found[at - 1]) for at in _numbers(begin, len(found))]
    rest = {k: v for k, v in data.items() if k != "messages"} if isinstance(data, dict) else {}
    return Content(shown, begin, len(found), tree_of(rest) if rest else None)


def _numbers(begin: int, count: int) -> range:
    return range(begin, min(begin + PER_PAGE, count + 1))
