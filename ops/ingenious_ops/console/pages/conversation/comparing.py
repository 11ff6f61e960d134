"""Comparing two revisions of a conversation."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from ingenious_ops.api.context import StorageOf
from ingenious_ops.console.access import MemoryReader
from ingenious_ops.console.conversation_data import at_revision
from ingenious_ops.console.forms import NameIn
from ingenious_ops.console.rendering import page
from ingenious_ops.console.routing import pages_router
from ingenious_ops.console.shown.comparison import Comparison, compare
from ingenious_ops.console.shown.json_text import in_lines
from ingenious_storage.documents import Document
from ingenious_storage.services.memory_info import memory_info

router = pages_router()


@router.get("/conversation/diff")
def diff(
    *,
    request: Request,
    who: MemoryReader,
    storage: StorageOf,
    name: NameIn,
    old: Annotated[int, Query(alias="from", ge=1, le=10**18)],
    new: Annotated[int, Query(alias="to", ge=1, le=10**18)],
    all_lines: Annotated[bool, Query(alias="all")] = False,  # by name, in an address
) -> Response:
    """Two revisions side by side, the older one first."""
    info = memory_info(storage.memory, name)
    before = at_revision(storage.memory, name, min(old, new))
    after = at_revision(storage.memory, name, max(old, new))
    return page(
        request,
        "conversation/diff.html",
        who,
        info=info,
        shown=after.revision,
        before=before.revision,
        after=after.revision,
        found=compared(before, after, context=None if all_lines else 3),
        all_lines=all_lines,
    )


def compared(before: Document, after: Document, *, context: int | None = 3) -> Comparison:
    """Two revisions as lines of JSON."""
    return compare(in_lines(before.data), in_lines(after.data), context=context)
