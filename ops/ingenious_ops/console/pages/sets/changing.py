"""Changing a whole prompt set: rollback, delete, restore. Each is a revision, and can be undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.responses import Response

from ingenious_ops.api.context import StorageOf
from ingenious_ops.api.identity.principal import Principal
from ingenious_ops.console.access import PromptEditor
from ingenious_ops.console.flashes import redirect
from ingenious_ops.console.forms import Reason, Seen, given, revision_of
from ingenious_ops.console.links import link_of
from ingenious_ops.console.pages.sets.comparing import compare_files
from ingenious_ops.console.pages.sets.parameters import NameIn, NameSent, RevisionIn, RevisionSent
from ingenious_ops.console.prompts.sets import SetView, pins_of, view_of
from ingenious_ops.console.rendering import page
from ingenious_ops.console.routing import pages_router
from ingenious_storage import Revision, RevisionId, Storage
from ingenious_storage.errors import ConflictError

router = pages_router()


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody wants to do with a set, as its page says it."""

    act: str
    """The last word of its address."""
    title: str
    button: str
    told: str
    """When it is done."""


def _rollback(revision: int | None) -> Change:
    title = f"Roll back to revision {revision}"
    return Change("rollback", title, "Roll back", f"The files are those of revision {revision}.")


_DELETE = Change("delete", "Delete this set", "Delete", "The set is deleted; it can be restored.")
_RESTORE = Change("restore", "Restore this set", "Restore", "The set is back.")


@router.get("/set/rollback")
def ask_rollback(
    request: Request, who: PromptEditor, storage: StorageOf, name: NameIn, revision: RevisionIn
) -> Response:
    """What a rollback changes, and why it is done."""
    return _ask(request, who, storage, name, _rollback(revision), revision)


@router.post("/set/rollback")
def rollback(
    request: Request,
    who: PromptEditor,
    storage: StorageOf,
    name: NameSent,
    revision: RevisionSent,
    expected: Seen,
    reason: Reason = "",
) -> Response:
    """Put the files of an older revision on top."""

    def act(seen: RevisionId, why: str | None) -> Revision:
        said = f"Rollback to revision {revision}" + (f": {why}" if why else "")
        return storage.prompts.rollback(
            name, revision, expected=seen, author=who.name, message=said
        )

    change = _rollback(revision)
    return _change(request, who, storage, name, change, expected, reason, act, revision)


@router.get("/set/delete")
def ask_delete(request: Request, who: PromptEditor, storage: StorageOf, name: NameIn) -> Response:
    """Which labels go on with it, and why it is deleted."""
    return _ask(request, who, storage, name, _DELETE)


@router.post("/set/delete")
def delete(
    request: Request,
    who: PromptEditor,
    storage: StorageOf,
    name: NameSent,
    expected: Seen,
    reason: Reason = "",
) -> Response:
    """Put a deletion on top; the history stays."""

    def act(seen: RevisionId, why: str | None) -> Revision:
        return storage.prompts.delete_set(name, expected=seen, author=who.name, message=why)

    return _change(request, who, storage, name, _DELETE, expected, reason, act)


@router.get("/set/restore")
def ask_restore(request: Request, who: PromptEditor, storage: StorageOf, name: NameIn) -> Response:
    """Why it is restored."""
    return _ask(request, who, storage, name, _RESTORE)


@router.post("/set/restore")
def restore(
    request: Request,
    who: PromptEditor,
    storage: StorageOf,
    name: NameSent,
    expected: Seen,
    reason: Reason = "",
) -> Response:
    """Undo the deletion by one more revision."""

    def act(seen: RevisionId, why: str | None) -> Revision:
        return storage.prompts.restore_set(name, expected=seen, author=who.name, message=why)

    return _change(request, who, storage, name, _RESTORE, expected, reason, act)


def _change(
    request: Request,
    who: Principal,
    storage: Storage,
    name: str,
    change: Change,
    expected: str,
    reason: str,
    act: Callable[[RevisionId, str | None], Revision],
    revision: int | None = None,
) -> Response:
    try:
        made = act(revision_of(expected), given(reason))
    except ConflictError:
        return _ask(request, who, storage, name, change, revision, reason=reason, status=409)
    url = link_of(request)("set", name=name)
    return redirect(request, url, f"{change.told} This is revision {made.number}.")


def _ask(
    request: Request,
    who: Principal,
    storage: Storage,
    name: str,
    change: Change,
    revision: int | None = None,
    **values: Any,
) -> Response:
    it = view_of(storage.prompts, name)
    asked = {"reason": "", "status": 200, **values}
    return page(
        request,
        "sets/change.html",
        who,
        it=it,
        change=change,
        revision=revision,
        compared=None if revision is None else _compared(storage, it, revision),
        pins=pins_of(storage.prompts.list_labels(), name),
        **asked,
    )


def _compared(storage: Storage, it: SetView, revision: int) -> Any:
    return compare_files(it.files, view_of(storage.prompts, it.name, revision).files)
