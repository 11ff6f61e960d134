"""A new prompt set, empty-handed or from another: `/console/set/new`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Form, Request
from starlette.responses import Response

from ingenious_ops.api.changes import audit
from ingenious_ops.api.context import StorageOf
from ingenious_ops.api.identity.principal import Principal
from ingenious_ops.api.statuses import status_of
from ingenious_ops.console.access import PromptEditor
from ingenious_ops.console.flashes import redirect
from ingenious_ops.console.forms import Reason, given
from ingenious_ops.console.links import link_of
from ingenious_ops.console.prompts.drafts import with_line_ends_of
from ingenious_ops.console.rendering import page
from ingenious_ops.console.routing import pages_router
from ingenious_storage import Label, Storage
from ingenious_storage.errors import InvalidDataError, StorageError

_LABEL = "label:"
"""Before the name of a label in the choice of sources; no set has a colon in its name."""

router = pages_router()


@router.get("/set/new")
def ask(request: Request, who: PromptEditor, storage: StorageOf, source: str = "") -> Response:
    """Its name, and what it begins with."""
    return _ask(request, who, storage, source=source)


@router.post("/set/new")
def create(
    request: Request,
    who: PromptEditor,
    storage: StorageOf,
    *,
    name: Annotated[str, Form()] = "",
    source: Annotated[str, Form()] = "",
    file: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    reason: Reason = "",
) -> Response:
    """Create it: the files of `source` and one of its own, when it is given."""
    name, file = name.strip(), file.strip()
    given_values = {"name": name, "source": source, "file": file, "text": text, "reason": reason}
    try:
        if text and not file:
            raise InvalidDataError("the first file has no name", hint="Give it one, or no text.")
        files = {file: with_line_ends_of(text, "")} if file else {}
        made = storage.prompts.create_set(
            name,
            files,
            source=_source(storage, source),
            author=who.name,
            message=given(reason),
        )
    except StorageError as error:
        status = status_of(error, request.headers)
        return _ask(request, who, storage, status=status, error=error, **given_values)
    audit(who, "create", f"set {name}", made)
    return redirect(request, link_of(request)("set", name=name), f"{name} is there.")


def _source(storage: Storage, source: str) -> str | Label | None:
    if source.startswith(_LABEL):
        return storage.prompts.get_label(source.removeprefix(_LABEL))
    return source or None


def _ask(request: Request, who: Principal, storage: Storage, **values: Any) -> Response:
    fields = {"name": "", "source": "", "file": "", "text": "", "reason": "", "error": None}
    return page(
        request,
        "sets/new.html",
        who,
        sets=list(storage.prompts.list_sets()),
        labels=storage.prompts.list_labels(),
        **{**fields, **values},
    )
