"""Changing a whole prompt set: rollback, delete, restore. Each is a revision, and can be undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from ingenious_ops.api.changes import audit
from ingenious_ops.api.context import StorageOf
from ingenious_ops.api.identity.principal import Principal
from ingenious_ops.console.access import PromptEditor
from ingenious_ops.console.flashes import redirect
from ingenious_ops.console.forms import Reason, Seen, given, revision_of
from ingenious_ops.console.links import link_of
from ingenious_ops.console.pages.sets.comparing import compare_files
from ingenious_ops.console.pages.sets.parameters import NameIn, NameSent, RevisionIn, RevisionSent
from ingenious_ops.console.prompts.sets import pins_of, view_of
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


@dataclass(frozen=True, slots=True)
class Asked:
    """Who wants to do what with which set."""

    request: Request
    who: Principal
    storage: Storage
    name: str
    change: Change
    revision: int | None = None
    """Of a rollback."""


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
    return _ask(Asked(request, who, storage, name, _rollback(revision), revision))


@router.post("/set/rollback")
def rollback(
    request: Request,
    who: PromptEditor,
    storage: StorageOf,
    *,
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
    said = (expected, reason)
    return _change(Asked(request, who, storage, name, change, revision), said, act)


@router.get("/set/delete")
def ask_delete(request: Request, who: PromptEditor, storage: StorageOf, name: NameIn) -> Response:
    """Which labels go on with it, and why it is deleted."""
    return _ask(Asked(request, who, storage, name, _DELETE))


@router.post("/set/delete")
def delete(
    request: Request,
    who: PromptEditor,
    storage: StorageOf,
    *,
    name: NameSent,
    expected: Seen,
    reason: Reason = "",
) -> Response:
    """Put a deletion on top; the history stays."""

    def act(seen: RevisionId, why: str | None) -> Revision:
        return storage.prompts.delete_set(name, expected=seen, author=who.name, message=why)

    return _change(Asked(request, who, storage, name, _DELETE), (expected, reason), act)


@router.get("/set/restore")
def ask_restore(request: Request, who: PromptEditor, storage: StorageOf, name: NameIn) -> Response:
    """Why it is restored."""
    return _ask(Asked(request, who, storage, name, _RESTORE))


@router.post("/set/restore")
def restore(
    request: Request,
    who: PromptEditor,
    storage: StorageOf,
    *,
    name: NameSent,
    expected: Seen,
    reason: Reason = "",
) -> Response:
    """Undo the deletion by one more revision."""

    def act(seen: RevisionId, why: str | None) -> Revision:
        return storage.prompts.restore_set(name, expected=seen, author=who.name, message=why)

    return _change(Asked(request, who, storage, name, _RESTORE), (expected, reason), act)


def _change(
    asked: Asked, said: tuple[str, str], act: Callable[[RevisionId, str | None], Revision]
) -> Response:
    expected, reason = said
    try:
        made = act(revision_of(expected), given(reason))
    except ConflictError:
        return _ask(asked, reason=reason, status=409)
    audit(asked.who, asked.change.act, f"set {asked.name}", made)
    url = link_of(asked.request)("set", name=asked.name)
    return redirect(asked.request, url, f"{asked.change.told} This is revision {made.number}.")


def _ask(asked: Asked, *, reason: str = "", status: int = 200) -> Response:
    prompts = asked.storage.prompts
    it = view_of(prompts, asked.name)
    compared = None
    if asked.revision is not None:
        compared = compare_files(it.files, view_of(prompts, asked.name, asked.revision).files)
    return page(
        asked.request,
        "sets/change.html",
        asked.who,
        status=status,
        it=it,
        change=asked.change,
        revision=asked.revision,
        compared=compared,
        pins=pins_of(prompts.list_labels(), asked.name),
        reason=reason,
    )
