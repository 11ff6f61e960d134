"""Editing files of a prompt set: texts, what they change, and a commit of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Query, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from ingenious_ops.api.changes import audit
from ingenious_ops.api.context import StorageOf
from ingenious_ops.api.identity.principal import Principal
from ingenious_ops.api.statuses import status_of
from ingenious_ops.console.access import PromptEditor
from ingenious_ops.console.fields import FormOf, text_of
from ingenious_ops.console.flashes import redirect
from ingenious_ops.console.forms import given, revision_of
from ingenious_ops.console.links import link_of
from ingenious_ops.console.pages.sets.comparing import compare_files
from ingenious_ops.console.pages.sets.parameters import NameIn
from ingenious_ops.console.prompts.drafts import Draft, DraftFile, Files, is_editable
from ingenious_ops.console.prompts.sets import newest_of, view_of
from ingenious_ops.console.rendering import page
from ingenious_ops.console.routing import pages_router
from ingenious_ops.console.shown.comparison import Comparison, compare
from ingenious_storage import Revision, RevisionId, Storage
from ingenious_storage.errors import (
    ConflictError,
    InvalidDataError,
    PromptNotFoundError,
    StorageError,
)

router = pages_router()


@dataclass(frozen=True, slots=True)
class Editing:
    """What somebody is writing: on top of which revision, and why."""

    request: Request
    who: Principal
    storage: Storage
    name: str
    expected: RevisionId
    draft: Draft
    reason: str

    def files(self) -> Files:
        """Of the set at the revision that they began from."""
        return self.storage.prompts.get_set(self.name, revision=self.expected)


@dataclass(frozen=True, slots=True)
class Clash:
    """One file that was edited while somebody else committed."""

    file: DraftFile
    what: str
    """As `Draft.merged` says."""
    theirs: Comparison
    """What they did to the text that was edited."""
    mine: Comparison
    """From their text to what was written here."""


@router.get("/set/edit")
def open_editor(
    request: Request,
    who: PromptEditor,
    storage: StorageOf,
    name: NameIn,
    file: Annotated[Sequence[str], Query()] = ("",),
) -> Response:
    """The texts of the chosen files; "" is a new one."""
    it = view_of(storage.prompts, name)
    if it.newest.deleted:
        raise PromptNotFoundError(f"prompt set {name!r} is deleted", hint="Restore it first.")
    for each in file:
        if not is_editable(it.files.get(each, "")):
            raise InvalidDataError(
                f"{each!r} holds NUL, which no form of a browser can send back",
                hint="Import it with the command line: `ingenious-storage prompts import`.",
            )
    editing = Editing(request, who, storage, name, it.newest, Draft.of(it.files, file), "")
    return _editor(editing, it.files)


@router.post("/set/edit")
def edit(request: Request, who: PromptEditor, storage: StorageOf, form: FormOf) -> Response:
    """What the pressed button says: one file more or less, what changes, or the commit."""
    editing = _editing(request, who, storage, form)
    act, _, at = text_of(form, "do").partition("-")
    try:
        files = editing.files()
    except StorageError as error:  # gone, or out of reach: what was written is still shown
        return _editor(editing, {}, error=error)
    number = int(at) if at.isdecimal() and int(at) < len(editing.draft.files) else 0
    match act:
        case "add":
            draft = editing.draft.with_file(files, text_of(form, "add"))
        case "drop":
            draft = editing.draft.without_file(number)
        case "theirs":
            original = editing.draft.files[number].original
            draft = editing.draft.with_text(number, files.get(original, ""))
        case "mine":
            draft = editing.draft.with_text(number, editing.draft.files[number].mine)
        case "review":
            return _review(editing, files)
        case "commit":
            return _commit(editing, files)
        case _:
            draft = editing.draft
    return _editor(_with(editing, draft=draft), files)


def _editing(request: Request, who: Principal, storage: Storage, form: FormData) -> Editing:
    draft = Draft.of_form(form)
    expected = revision_of(text_of(form, "expected"))
    return Editing(
        request, who, storage, text_of(form, "set"), expected, draft, text_of(form, "reason")
    )


def _with(editing: Editing, *, draft: Draft, expected: RevisionId | None = None) -> Editing:
    return Editing(
        editing.request,
        editing.who,
        editing.storage,
        editing.name,
        expected or editing.expected,
        draft,
        editing.reason,
    )


def _editor(editing: Editing, files: Files, *, error: StorageError | None = None) -> Response:
    status = 200 if error is None else status_of(error, editing.request.headers)
    return _page(editing, "sets/edit.html", status=status, files=files, error=error)


def _review(editing: Editing, files: Files, *, error: StorageError | None = None) -> Response:
    try:
        changes = editing.draft.changes(files)
    except StorageError as problem:
        return _editor(editing, files, error=problem)
    found = compare_files({name: files[name] for name in changes if name in files}, changes)
    status = 200 if error is None else status_of(error, editing.request.headers)
    return _page(editing, "sets/review.html", status=status, compared=found, error=error)


def _commit(editing: Editing, files: Files) -> Response:
    try:
        changes = editing.draft.changes(files)
    except StorageError as error:
        return _editor(editing, files, error=error)
    if not changes:
        return _review(editing, files)
    try:
        made = editing.storage.prompts.commit(
            editing.name,
            changes,
            expected=editing.expected,
            author=editing.who.name,
            message=given(editing.reason),
        )
    except (ConflictError, PromptNotFoundError):
        return _conflict_or_review(editing, files, changes)
    except StorageError as error:  # what was written must not be lost with an outage
        return _review(editing, files, error=error)
    audit(editing.who, "commit", f"set {editing.name}", made)
    return _done(editing, made, changes)


def _conflict_or_review(editing: Editing, files: Files, changes: dict[str, str | None]) -> Response:
    try:
        return _conflict(editing, files, changes)
    except StorageError as error:  # the set was erased, or the store is out of reach
        return _review(editing, files, error=error)


def _conflict(editing: Editing, files: Files, changes: dict[str, str | None]) -> Response:
    """Somebody committed meanwhile: both texts, merged where they are apart."""
    newest = newest_of(editing.storage.prompts, editing.name)
    if newest.deleted:
        return _page(editing, "sets/deleted.html", status=409, newest=newest, files=files)
    now = editing.storage.prompts.get_set(editing.name, revision=newest)
    if all(now.get(name) == text for name, text in changes.items()):
        return _done(editing, newest, changes)
    draft, happened = editing.draft.merged(files, now)
    clashes = [
        _clash(file, what, files, now) for file, what in zip(draft.files, happened, strict=True)
    ]
    return _page(
        _with(editing, draft=draft, expected=newest),
        "sets/conflict.html",
        status=409,
        newest=newest,
        files=now,
        clashes=clashes,
    )


def _clash(file: DraftFile, what: str, before: Files, now: Files) -> Clash:
    name = file.original or file.name
    base, theirs = before.get(name, ""), now.get(name, "")
    mine = "" if file.removed else file.mine
    return Clash(file, what, compare(base, theirs), compare(theirs, mine))


def _done(editing: Editing, made: Revision, changes: dict[str, str | None]) -> Response:
    what = "1 file" if len(changes) == 1 else f"{len(changes)} files"
    url = link_of(editing.request)("set", name=editing.name)
    return redirect(editing.request, url, f"Revision {made.number} has your change of {what}.")


def _page(editing: Editing, template: str, *, status: int, **values: Any) -> Response:
    return page(
        editing.request,
        template,
        editing.who,
        status=status,
        name=editing.name,
        expected=editing.expected,
        draft=editing.draft,
        reason=editing.reason,
        **values,
    )
