"""A new label, and the end of one."""

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
from ingenious_ops.console.forms import Reason, Seen, given, revision_of
from ingenious_ops.console.links import link_of
from ingenious_ops.console.pages.sets.parameters import NameIn, NameSent, RevisionIn, RevisionSent
from ingenious_ops.console.prompts.sets import newest_of
from ingenious_ops.console.rendering import page
from ingenious_ops.console.routing import pages_router
from ingenious_storage import Storage
from ingenious_storage.errors import AlreadyExistsError, ConflictError, StorageError

router = pages_router()


@router.get("/label/new")
def ask(
    request: Request,
    who: PromptEditor,
    storage: StorageOf,
    set_name: str = "",
    revision: RevisionIn = None,
) -> Response:
    """Its name, and what it pins at first."""
    if set_name and revision is None:
        revision = newest_of(storage.prompts, set_name).number
    return _ask(request, who, storage, set_name=set_name, revision=revision)


@router.post("/label/new")
def create(
    request: Request,
    who: PromptEditor,
    storage: StorageOf,
    *,
    set_name: Annotated[str, Form(min_length=1)],
    revision: RevisionSent,
    name: Annotated[str, Form()] = "",
    reason: Reason = "",
) -> Response:
    """Make it, unless there is one of this name."""
    name = name.strip()
    try:
        made = storage.prompts.set_label(
            name,
            set_name,
            revision=revision,
            expected=0,
            author=who.name,
            message=given(reason),
        )
    except StorageError as error:
        if isinstance(error, AlreadyExistsError):
            error.hint = "Move that one, or choose another name."
        return _ask(
            request,
            who,
            storage,
            status=status_of(error, request.headers),
            error=error,
            name=name,
            set_name=set_name,
            revision=revision,
            reason=reason,
        )
    audit(who, f"move to {made.set}@{made.number}", f"label {name}", made.moved)
    return redirect(request, link_of(request)("labels"), f"{name} is there.")


@router.get("/label/delete")
def ask_delete(request: Request, who: PromptEditor, storage: StorageOf, name: NameIn) -> Response:
    """What it pins until then, and why it is deleted."""
    it = storage.prompts.get_label(name)
    return page(request, "labels/delete.html", who, it=it, reason="")


@router.post("/label/delete")
def delete(
    request: Request,
    who: PromptEditor,
    storage: StorageOf,
    *,
    name: NameSent,
    expected: Seen,
    reason: Reason = "",
) -> Response:
    """Delete it, unless somebody has moved it meanwhile."""
    try:
        gone = storage.prompts.delete_label(
            name, expected=revision_of(expected), author=who.name, message=given(reason)
        )
    except ConflictError:
        now = storage.prompts.get_label(name)
        return page(request, "labels/delete.html", who, status=409, it=now, reason=reason)
    audit(who, "delete", f"label {name}", gone)
    return redirect(request, link_of(request)("labels"), f"The label {name} is deleted.")


def _ask(request: Request, who: Principal, storage: Storage, **values: Any) -> Response:
    fields = {"name": "", "set_name": "", "revision": None, "reason": "", "error": None}
    sets = list(storage.prompts.list_sets())
    return page(request, "labels/new.html", who, sets=sets, **{**fields, **values})
