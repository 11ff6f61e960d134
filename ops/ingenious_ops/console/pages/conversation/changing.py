"""Changing a conversation: rollback, delete, restore. Each is a revision, and can be undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Form, Request
from starlette.responses import Response

from ingenious_ops.api.changes import audit
from ingenious_ops.api.context import StorageOf
from ingenious_ops.api.identity.principal import Principal
from ingenious_ops.console.access import MemoryEditor
from ingenious_ops.console.conversation_data import at_revision
from ingenious_ops.console.flashes import redirect
from ingenious_ops.console.forms import NameIn, NameSent, Number, Reason, Seen, given, revision_of
from ingenious_ops.console.links import link_of
from ingenious_ops.console.pages.conversation.comparing import compared
from ingenious_ops.console.rendering import page
from ingenious_ops.console.routing import pages_router
from ingenious_ops.console.shown.comparison import Comparison
from ingenious_storage import MemoryManager, Revision, RevisionId
from ingenious_storage.errors import ConflictError
from ingenious_storage.services.memory_info import memory_info

router = pages_router()


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody wants to do, as the page says it and as a form sends it."""

    action: str
    """The last word of its address."""
    name: str
    button: str
    revision: int | None = None
    """Of a rollback."""


DELETE: Final = Change("delete", "Delete this conversation", "Delete")
RESTORE: Final = Change("restore", "Restore this conversation", "Restore")


def rollback_to(revision: int) -> Change:
    """The change of a rollback."""
    return Change("rollback", f"Roll back to revision {revision}", "Roll back", revision)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is about to change which conversation."""

    request: Request
    who: Principal
    memory: MemoryManager
    name: str

    def page(
        self, change: Change, shown: Revision | None = None, found: Comparison | None = None
    ) -> Response:
        """The page that asks for a reason; `found` is what would change."""
        info = memory_info(self.memory, self.name)
        return page(
            self.request,
            "conversation/change.html",
            self.who,
            info=info,
            shown=shown or info.newest,
            change=change,
            found=found,
            reason="",
        )


async def asked(request: Request, who: MemoryEditor, storage: StorageOf, name: NameIn) -> Asked:
    """A dependency: by the address of the page."""
    return Asked(request, who, storage.memory, name)


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that somebody sent to change a conversation."""

    request: Request
    who: Principal
    memory: MemoryManager
    name: str
    seen: RevisionId
    reason: str

    def answer(self, change: Change, act: Callable[[str | None], Revision]) -> Response:
        """Do it on top of what was seen; the page of a conflict when somebody was faster."""
        try:
            made = act(given(self.reason))
        except ConflictError:
            if memory_info(self.memory, self.name).newest.id == self.seen:
                raise  # something else is in conflict
            return self._conflict(change)
        audit(self.who, change.action, "memory", made)  # no id: many are those of people
        url = link_of(self.request)("conversation", id=self.name)
        return redirect(self.request, url, f"{change.name}: done, as revision {made.number}.")

    def _conflict(self, change: Change) -> Response:
        info = memory_info(self.memory, self.name)
        return page(
            self.request,
            "conversation/conflict.html",
            self.who,
            status=409,
            info=info,
            shown=info.newest,
            change=change,
            seen=self.seen,
            reason=self.reason,
        )


async def sent(
    *,
    request: Request,
    who: MemoryEditor,
    storage: StorageOf,
    name: NameSent,
    expected: Seen,
    reason: Reason = "",
) -> Sent:
    """A dependency: by the fields of the form. Raises: InvalidRequestError."""
    return Sent(request, who, storage.memory, name, revision_of(expected), reason)


AskedBy = Annotated[Asked, Depends(asked)]
SentBy = Annotated[Sent, Depends(sent)]


@router.get("/conversation/rollback")
def ask_rollback(by: AskedBy, revision: Number) -> Response:
    """What a rollback would change, and why it is done."""
    info, target = memory_info(by.memory, by.name), at_revision(by.memory, by.name, revision)
    found = None
    if not info.deleted:
        found = compared(at_revision(by.memory, by.name, info.newest.number), target)
    return by.page(rollback_to(revision), target.revision, found)


@router.post("/conversation/rollback")
def rollback(by: SentBy, revision: Annotated[int, Form(ge=1, le=10**18)]) -> Response:
    """Put the memory of an older revision on top."""

    def act(why: str | None) -> Revision:
        said = f"Rollback to revision {revision}" + (f": {why}" if why else "")
        return by.memory.rollback(
            by.name, revision, expected=by.seen, author=by.who.name, message=said
        )

    return by.answer(rollback_to(revision), act)


@router.get("/conversation/delete")
def ask_delete(by: AskedBy) -> Response:
    """Why it is deleted."""
    return by.page(DELETE)


@router.post("/conversation/delete")
def delete(by: SentBy) -> Response:
    """Put a deletion on top; the history stays."""

    def act(why: str | None) -> Revision:
        return by.memory.delete_memory(by.name, expected=by.seen, author=by.who.name, message=why)

    return by.answer(DELETE, act)


@router.get("/conversation/restore")
def ask_restore(by: AskedBy) -> Response:
    """Why it is restored."""
    return by.page(RESTORE)


@router.post("/conversation/restore")
def restore(by: SentBy) -> Response:
    """Undo a delete."""

    def act(why: str | None) -> Revision:
        return by.memory.restore_memory(by.name, expected=by.seen, author=by.who.name, message=why)

    return by.answer(RESTORE, act)
