"""Routes of labels: `/api/v1/labels`. The ETag of a label is of its own history: where it is."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from ingenious_ops.api import pages
from ingenious_ops.api.answers import answered_json, changed
from ingenious_ops.api.changes import Explained, Repeatable, audit
from ingenious_ops.api.conditions import (
    CHANGE_PARAMETERS,
    READ_PARAMETERS,
    Condition,
    Conditional,
    Guarded,
)
from ingenious_ops.api.context import PromptEditor, PromptReader, context_of
from ingenious_ops.api.etags import etag_of
from ingenious_ops.api.openapi.responses import problems
from ingenious_ops.api.routes.prompts import models
from ingenious_ops.api.routes.prompts.shared import Name, library_of, read
from ingenious_ops.records import label_json, revision_json
from ingenious_storage import Label, PromptLibrary, Revision, RevisionId
from ingenious_storage.services.kinds import LABELS

router = APIRouter(prefix="/api/v1/labels", tags=["labels"], responses=problems(409, 412))
_LIST: Final = "labels"
_READ: Final[dict[str, Any]] = {"parameters": READ_PARAMETERS}


@router.get("", response_model=models.Labels, openapi_extra=_READ, responses=problems(304))
async def list_labels(
    request: Request,
    _who: PromptReader,
    limit: pages.Limit = 100,
    page: pages.PageToken = None,
) -> Response:
    """All labels and what they pin, by name."""
    after = pages.text_position(page, _LIST)
    everything = await run_in_threadpool(library_of(request).list_labels)
    # In the order of their keys, as they are listed.
    found = [each for each in everything if after is None or _key(each.name) > _key(after)]
    token = pages.token_of(_LIST, found[limit - 1].name) if len(found) > limit else None
    record = {"labels": [*map(label_json, found[:limit])], "next": token}
    return answered_json(request, record)


@router.get(
    "/{label}",
    response_model=models.LabelRecord,
    openapi_extra=_READ,
    responses=problems(304, 404),
)
async def read_label(request: Request, label: Name, _who: PromptReader) -> Response:
    """What a label pins, who moved it there and why."""
    found = await context_of(request).held.label(library_of(request), label)
    return answered_json(request, label_json(found), etag_of(found.moved))


@router.put(
    "/{label}",
    response_model=models.LabelRecord,
    openapi_extra={**models.body(models.Move), "parameters": CHANGE_PARAMETERS},
    responses=problems(404, 415, 428),
)
async def move_label(
    request: Request,
    label: Name,
    who: PromptEditor,
    change: Repeatable,
    condition: Guarded,
) -> Response:
    """Pin a revision of a set. `If-Match`: from where it was read; `If-None-Match: *`: new."""
    body, raw = await read(request, models.Move)
    library = library_of(request)

    def call() -> Label:
        return library.set_label(
            label,
            body.set,
            revision=body.revision,
            expected=_expected(library, label, condition),
            author=who.name,
            message=body.message,
        )

    made = await change.made(call, who=who, request=request, body=raw)
    audit(who, f"move to {made.set}@{made.number}", f"label {label}", made.moved)
    return changed(label_json(made), etag_of(made.moved))


@router.delete(
    "/{label}",
    response_model=models.LabelDeleted,
    openapi_extra={"parameters": CHANGE_PARAMETERS},
    responses=problems(404),
)
async def delete_label(
    request: Request,
    label: Name,
    who: PromptEditor,
    change: Explained,
    condition: Conditional,
) -> Response:
    """Delete a label; what it pinned stays."""
    library = library_of(request)

    def call() -> Revision:
        return library.delete_label(
            label,
            # What is not there is not deleted anyway; a repetition finds its own deletion.
            expected=None if condition.exists else _expected(library, label, condition),
            author=who.name,
            message=change.message,
        )

    made = await change.made(call, who=who, request=request)
    audit(who, "delete", f"label {label}", made)
    return changed({"label": label, "revision": revision_json(made)}, etag_of(made))


@router.get(
    "/{label}/history",
    response_model=models.LabelHistory,
    openapi_extra=_READ,
    responses=problems(304, 404),
)
async def label_history(
    request: Request,
    label: Name,
    _who: PromptReader,
    limit: pages.Limit = 20,
    page: pages.PageToken = None,
) -> Response:
    """Where a label was, newest first, of a deleted one as well."""
    of = f"history of label {label}"
    before = pages.number_position(page, of)
    found, more = await run_in_threadpool(_earlier, library_of(request), label, before, limit)
    token = pages.token_of(of, found[-1].moved.number) if more else None
    record = {"label": label, "history": [*map(label_json, found)], "next": token}
    return answered_json(request, record)


def _earlier(
    library: PromptLibrary, label: str, before: int | None, limit: int
) -> tuple[list[Label], bool]:
    """Where a label was before its revision `before`, and whether there is more."""
    kept = library.kept_label_revisions(label)
    highest = kept[-1] if before is None else min(before - 1, kept[-1])
    # Revisions that delete the label are counted, and not shown.
    number = kept[-1] - highest + limit + 1
    while True:
        found = library.label_history(label, limit=number)
        below = [each for each in found if each.moved.number <= highest]
        # Asked again, since somebody may move it meanwhile.
        if len(below) > limit or number >= len(library.kept_label_revisions(label)):
            return below[:limit], len(below) > limit
        number *= 2


def _expected(library: PromptLibrary, label: str, condition: Condition) -> int | RevisionId | None:
    LABELS.key(label)  # a name that no label can have is told before the condition
    return condition.expected(lambda: library.get_label(label).moved)


def _key(name: str) -> str:
    return LABELS.key(name)
