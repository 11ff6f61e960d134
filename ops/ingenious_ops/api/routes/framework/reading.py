"""The framework's routes that read: prompts, revisions, workflows."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import Any, Final

import orjson
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from ingenious_ops.api import pages
from ingenious_ops.api.answers import answered, answered_json
from ingenious_ops.api.asgi.paths import Segment
from ingenious_ops.api.context import PromptReader, context_of
from ingenious_ops.api.etags import etag_of
from ingenious_ops.api.reads.held import HeldSet
from ingenious_ops.api.reads.ready import ready
from ingenious_ops.api.routes.framework import models, naming
from ingenious_ops.api.routes.framework.answers import ERRORS, LeanFrameworkRoute
from ingenious_ops.api.routes.prompts.shared import library_of
from ingenious_storage import PromptLibrary
from ingenious_storage.errors import PromptNotFoundError, StorageError
from ingenious_storage.runtime.parallel import map_all
from ingenious_storage.services.framework_names import NO_REVISION, set_name
from ingenious_storage.services.kinds import PROMPT_SETS

router = APIRouter(
    prefix="/api/v1",
    tags=["framework"],
    route_class=LeanFrameworkRoute,
    responses=ERRORS,
)
_LIST: Final = "prompts"


# The first, as it is asked for most and routes are tried in this order.
@router.get("/prompts/view/{revision_id}/{filename}", response_model=str)
@router.get("/prompts/view/{revision_id}/{filename}/", include_in_schema=False)
async def view(
    request: Request, revision_id: Segment, filename: Segment, _who: PromptReader
) -> Response:
    """The text of a prompt as a JSON string; "" when there is none."""
    held = await _held(request, revision_id)
    if held is None:
        return answered_json(request, "")
    text = held.files.get(filename)
    if text is None:
        return answered_json(request, "", etag_of(held.revision))
    body = orjson.dumps(text.decode())
    make = partial(answered, request, body, etag_of(held.revision))
    return ready(request, held, ("view", filename), body, make)


@router.get("/revisions/list", response_model=models.Revisions)
@router.get("/revisions/list/", include_in_schema=False)
async def list_revisions(request: Request, _who: PromptReader) -> Response:
    """The names of all prompt sets, but for the one of the prompts without a revision."""
    library = library_of(request)
    names = await run_in_threadpool(lambda: sorted({*library.list_sets()} - {NO_REVISION}))
    source = "template_directories" if names else "workflows"
    record = {"revisions": names, "count": len(names), "discovered_from": source}
    return answered_json(request, record)


@router.get("/workflows/list", response_model=models.Workflows, response_model_exclude_none=True)
@router.get("/workflows/list/", include_in_schema=False)
async def list_workflows(request: Request, _who: PromptReader) -> Response:
    """All prompt sets, as workflows: this service does not see the code that uses them."""
    library = library_of(request)
    found = await run_in_threadpool(partial(_templates_of, library))
    found.pop(NO_REVISION, None)
    workflows = [_workflow(name, files) for name, files in sorted(found.items())]
    number = len(workflows)
    record = {"workflows": workflows, "count": number, "total_workflows_discovered": number}
    return answered_json(request, record)


@router.get("/prompts", response_model=models.Prompts)
async def all_prompts(
    request: Request, _who: PromptReader, limit: pages.Limit = 100, page: pages.PageToken = None
) -> Response:
    """The templates of all revisions, a page of them by name: which the framework does not have."""
    after = pages.text_position(page, _LIST)
    library = library_of(request)
    found = await run_in_threadpool(partial(_templates_of, library, after, limit))
    token = pages.token_of(_LIST, list(found)[limit - 1]) if len(found) > limit else None
    prompts = [
        {"revision_id": name, "files": files, "count": len(files)}
        for name, files in islice(found.items(), limit)
    ]
    return answered_json(request, {"prompts": prompts, "count": len(prompts), "next": token})


@router.get("/prompts/list/{revision_id}", response_model=models.Listed)
@router.get("/prompts/list/{revision_id}/", include_in_schema=False)
async def list_prompts(request: Request, revision_id: Segment, _who: PromptReader) -> Response:
    """The templates of a revision; of one that is not there none, with a note."""
    tried = naming.spellings(revision_id)
    record: dict[str, Any] = {"revision_id": revision_id}
    files, used, etag = list[str](), None, None
    for spelling in tried:
        held = await _held(request, spelling)
        if held is None:
            continue
        files = sorted(filter(naming.is_template, held.files))
        if files:
            used, etag = spelling, etag_of(held.revision)
            break
    if used is not None:
        record["actual_revision_used"] = used
    record |= {
        "normalized_revision_id": naming.workflow_of(revision_id),
        "files": files,
        "count": len(files),
        "attempted_revisions": tried,
    }
    if used is None:
        record["note"] = models.NO_TEMPLATES
    return answered_json(request, record, etag)


async def _held(request: Request, revision_id: str) -> HeldSet | None:
    context = context_of(request)
    try:
        return await context.held.set(context.storage.prompts, set_name(revision_id))
    except PromptNotFoundError:
        return None


def _templates_of(
    library: PromptLibrary, after: str | None = None, limit: int | None = None
) -> dict[str, list[str]]:
    """The templates of each set behind `after`, and of one more than `limit`.

    Raises: what the store answers.
    """
    start = "" if after is None else PROMPT_SETS.key(after)
    behind = (name for name in library.list_sets() if PROMPT_SETS.key(name) > start)
    names = list(islice(behind, None if limit is None else limit + 1))
    results = map_all(library.get_set, names, workers=library.documents.readers)
    found = {}
    for name, result in zip(names, results, strict=True):
        if isinstance(result, PromptNotFoundError):
            continue  # deleted since it was listed
        if isinstance(result, StorageError):
            raise result
        found[name] = sorted(filter(naming.is_template, result))
    return found


def _workflow(name: str, files: list[str]) -> dict[str, Any]:
    workflow = naming.workflow_of(name)
    record = {
        "workflow": workflow,
        "revision_id": name if files else workflow,
        "prompt_count": len(files),
        "prompt_files": files,
    }
    return record if files else {**record, "note": models.NO_PROMPTS}
