"""The framework's routes that write: the update of a prompt, a new revision."""

from __future__ import annotations

from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response

from ingenious_ops.api.answers import changed
from ingenious_ops.api.asgi.paths import Segment
from ingenious_ops.api.changes import Change, Repeatable, audit
from ingenious_ops.api.conditions import CHANGE_PARAMETERS, Conditional
from ingenious_ops.api.context import PromptEditor, context_of
from ingenious_ops.api.etags import etag_of
from ingenious_ops.api.identity.principal import Principal
from ingenious_ops.api.routes.framework import models, naming
from ingenious_ops.api.routes.framework.answers import ERRORS, FrameworkRoute, refused
from ingenious_ops.api.routes.prompts.edit import expected
from ingenious_ops.api.routes.prompts.shared import is_new, library_of
from ingenious_storage import PromptLibrary, Revision
from ingenious_storage.errors import AlreadyExistsError, PromptNotFoundError, StorageError
from ingenious_storage.services.framework_names import NO_REVISION, set_name

router = APIRouter(
    prefix="/api/v1",
    tags=["framework"],
    route_class=FrameworkRoute,
    responses=ERRORS,
    strict_content_type=False,  # its clients may send JSON without saying so
)


class _Made(NamedTuple):
    name: str
    revision: Revision
    files: list[str]


@router.post(
    "/prompts/update/{revision_id}/{filename}",
    response_model=models.Updated,
    openapi_extra={"parameters": CHANGE_PARAMETERS},
)
@router.post("/prompts/update/{revision_id}/{filename}/", include_in_schema=False)
async def update(
    request: Request,
    *,
    revision_id: Segment,
    filename: Segment,
    body: models.Update,
    who: PromptEditor,
    change: Repeatable,
    condition: Conditional,
) -> Response:
    """Commit the text of a prompt; a set that is not there is made. If-Match holds when sent."""
    library, name = library_of(request), set_name(revision_id)

    def call() -> Revision:
        return library.commit(
            name,
            {filename: body.content},
            expected=None if condition.absent else expected(library, name, condition),
            check=is_new(filename) if condition.absent else None,
            create=condition.match is None,
            author=who.name,
            message="prompts/update",
        )

    made = await change.made(call, who=who, request=request, body=await request.body())
    audit(who, "update", f"set {name}", made)
    return changed({"message": "File updated successfully"}, etag_of(made))


@router.post("/revisions/create", response_model=models.Created)
@router.post("/revisions/create/", include_in_schema=False)
async def create(
    request: Request, body: models.Create, who: PromptEditor, change: Repeatable
) -> Response:
    """Make a prompt set with copies of the original templates; a taken name gets a number."""
    library = library_of(request)
    original = context_of(request).storage.settings.api.original_templates

    def call() -> _Made | None:
        files = _templates(library, original)
        if not files:
            return None
        # A repetition has to meet the set that it has made itself.
        taken = frozenset[str]() if change.key else frozenset(library.list_sets())
        for name in naming.free(wanted, {*taken, NO_REVISION}):
            try:
                made = library.create_set(
                    name, files, author=who.name, message=f"Copy of {original}"
                )
            except AlreadyExistsError:
                continue
            return _Made(name, made, sorted(files))
        raise AssertionError  # `free` has no end but by its ValueError

    try:
        wanted = _wanted(body, change, who)
        made = await change.made(call, who=who, request=request, body=await request.body())
    except ValueError as error:
        if isinstance(error, StorageError):
            raise
        return refused(400, f"Invalid revision_id format: {error}")
    if made is None:
        return refused(500, f"No template files found in {original} directory")
    audit(who, "create", f"set {made.name}", made.revision)
    record = {
        "revision_id": made.name,
        "message": "Revision created successfully",
        "template_count": len(made.files),
        "copied_files": made.files,
    }
    return changed(record, etag_of(made.revision))


def _wanted(body: models.Create, change: Change, who: Principal) -> str:
    """The name that is asked for, or a made-up one, the same for each repetition."""
    if body.revision_id:
        return naming.normalised(body.revision_id)
    return naming.made_up(None if change.key is None else f"{who.name}\n{change.key}")


def _templates(library: PromptLibrary, original: str) -> dict[str, str]:
    try:
        files = library.get_set(set_name(original))
    except PromptNotFoundError:
        return {}
    return {name: text for name, text in files.items() if naming.is_template(name)}
