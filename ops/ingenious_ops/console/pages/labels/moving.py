"""Moving a label: to any revision of any set, or one step back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Form, Request
from starlette.responses import RedirectResponse, Response

from ingenious_ops.api.changes import audit
from ingenious_ops.api.context import StorageOf
from ingenious_ops.api.identity.principal import Principal
from ingenious_ops.console.access import PromptEditor
from ingenious_ops.console.flashes import redirect
from ingenious_ops.console.forms import Reason, Seen, given, revision_of
from ingenious_ops.console.links import link_of
from ingenious_ops.console.pages.sets.comparing import compare_files
from ingenious_ops.console.pages.sets.parameters import NameIn, NameSent, RevisionIn, RevisionSent
from ingenious_ops.console.prompts.sets import view_of
from ingenious_ops.console.prompts.steps import step_back
from ingenious_ops.console.rendering import page
from ingenious_ops.console.routing import pages_router
from ingenious_storage import Label, Storage
from ingenious_storage.errors import ConflictError, StorageError

_CHOICES: Final = 50
"""Revisions to choose from on the page; any other by its number in the address."""
_STEPS: Final = 50
"""Moves among which the one before the last is looked for."""

router = pages_router()


@router.get("/label/move")
def ask(
    request: Request,
    who: PromptEditor,
    storage: StorageOf,
    *,
    name: NameIn,
    set_name: str = "",
    revision: RevisionIn = None,
) -> Response:
    """Where to; and when that is said, what it changes and why."""
    now = storage.prompts.get_label(name)
    if revision is None:
        return _choose(request, who, storage, now, set_name or now.set)
    return _confirm(request, who, storage, now, (set_name or now.set, revision))


@router.get("/label/back")
def ask_back(request: Request, who: PromptEditor, storage: StorageOf, name: NameIn) -> Response:
    """The last step taken back: to what the label pinned before."""
    moves = storage.prompts.label_history(name, limit=_STEPS)
    now, back = storage.prompts.get_label(name), step_back(moves)
    if back is None:
        url = link_of(request)("label", name=name)
        return redirect(request, url, "This label has never been anywhere else.", "bad")
    reason = f"Back from {_place(now)}"
    return _confirm(request, who, storage, now, (back.set, back.number), reason=reason)


@router.post("/label/move")
def move(
    request: Request,
    who: PromptEditor,
    storage: StorageOf,
    *,
    name: NameSent,
    set_name: Annotated[str, Form(min_length=1)],
    revision: RevisionSent,
    expected: Seen,
    reason: Reason = "",
) -> Response:
    """Move it, unless somebody has moved it meanwhile."""
    try:
        made = storage.prompts.set_label(
            name,
            set_name,
            revision=revision,
            expected=revision_of(expected),
            author=who.name,
            message=given(reason),
        )
    except ConflictError:
        now = storage.prompts.get_label(name)
        return _confirm(request, who, storage, now, (set_name, revision), reason=reason, status=409)
    audit(who, f"move to {made.set}@{made.number}", f"label {name}", made.moved)
    url = link_of(request)("labels")
    return redirect(request, url, f"{name} now pins {_place(made)}.")


def _choose(
    request: Request, who: Principal, storage: Storage, now: Label, set_name: str
) -> Response:
    revisions = storage.prompts.history(set_name, limit=_CHOICES)
    return page(
        request,
        "labels/choose.html",
        who,
        it=now,
        set_name=set_name,
        sets=sorted({set_name, *storage.prompts.list_sets()}),
        revisions=[one for one in revisions if not one.deleted],
    )


def _confirm(
    request: Request,
    who: Principal,
    storage: Storage,
    now: Label,
    target: tuple[str, int],
    *,
    reason: str = "",
    status: int = 200,
) -> Response:
    if status == 200 and target == (now.set, now.number):
        return RedirectResponse(link_of(request)("label", name=now.name), 303)
    after = view_of(storage.prompts, *target)
    return page(
        request,
        "labels/move.html",
        who,
        status=status,
        it=now,
        after=after,
        compared=compare_files(_files(storage, now), after.files),
        reason=reason,
    )


def _files(storage: Storage, label: Label) -> Mapping[str, str]:
    """Of what a label pins; none when that is gone, so that the label can be moved away."""
    try:
        return storage.prompts.get_set(label.set, revision=label)
    except StorageError:
        return {}


def _place(label: Label) -> str:
    return f"revision {label.number} of {label.set}"
