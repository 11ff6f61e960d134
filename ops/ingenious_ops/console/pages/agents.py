"""What adapters keep for frameworks: `/console/agents`, to look at."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query, Request
from starlette.responses import Response

from ingenious_ops.api.context import StorageOf
from ingenious_ops.api.pages import PageToken
from ingenious_ops.console.access import MemoryReader
from ingenious_ops.console.agent_data import documents_at, history_page, in_words, listing
from ingenious_ops.console.rendering import page
from ingenious_ops.console.routing import pages_router
from ingenious_ops.console.shown.json_text import indented
from ingenious_ops.readable import readable
from ingenious_storage.services.agent_info import document_info

router = pages_router()

MOST_SHOWN: Final = 200_000
"""Characters of JSON on a page; the command line has all."""
KeyIn = Annotated[str, Query(min_length=1, max_length=1024)]


@router.get("/agents")
def agents(
    *,
    request: Request,
    who: MemoryReader,
    storage: StorageOf,
    framework: Annotated[str | None, Query(pattern="^[a-z0-9-]{1,100}$")] = None,
    after: PageToken = None,
) -> Response:
    """The documents of a framework, the first one unless it is said, a page at a time."""
    frameworks = storage.agent_frameworks()
    chosen = framework or next(iter(frameworks), None)
    found = None if chosen is None else listing(storage.agents(chosen), after)
    return page(
        request,
        "agents/list.html",
        who,
        frameworks=frameworks,
        chosen=chosen,
        found=found,
        after=after,
        in_words=in_words,
    )


@router.get("/agents/document")
def document(
    *,
    request: Request,
    who: MemoryReader,
    storage: StorageOf,
    key: KeyIn,
    revision: Annotated[int | None, Query(ge=1, le=10**18)] = None,
) -> Response:
    """What a document holds, in the newest revision or a given one."""
    documents = documents_at(storage, key)
    info = document_info(documents, key)
    shown, text = None, None
    if revision is not None or not info.deleted:
        loaded = documents.store.load(key, revision=revision)
        shown, text = loaded.revision, indented(readable(loaded.data))
    return page(
        request,
        "agents/document.html",
        who,
        info=info,
        name=in_words(info.name),
        shown=shown or info.newest,
        text=None if text is None else text[:MOST_SHOWN],
        left_out=max(0, len(text or "") - MOST_SHOWN),
    )


@router.get("/agents/history")
def history(
    *,
    request: Request,
    who: MemoryReader,
    storage: StorageOf,
    key: KeyIn,
    below: Annotated[int | None, Query(ge=1, le=10**18)] = None,
) -> Response:
    """Revisions, newest first, also of a deleted document."""
    documents = documents_at(storage, key)
    info = document_info(documents, key)
    return page(
        request,
        "agents/history.html",
        who,
        info=info,
        name=in_words(info.name),
        shown=info.newest,
        revisions=history_page(documents, info, below),
        below=below,
    )
