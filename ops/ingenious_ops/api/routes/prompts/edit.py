"""Edit: one change of one prompt set, with all that the request says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.responses import Response

from ingenious_ops.api.answers import changed
from ingenious_ops.api.changes import Change, Changed, Explained, Repeatable, audit
from ingenious_ops.api.conditions import Condition, Conditional, Guarded
from ingenious_ops.api.context import PromptEditor
from ingenious_ops.api.etags import etag_of
from ingenious_ops.api.identity.principal import Principal
from ingenious_ops.api.routes.prompts.shared import Name, library_of
from ingenious_ops.records import revision_json
from ingenious_storage import PromptLibrary, Revision, RevisionId
from ingenious_storage.services.kinds import PROMPT_SETS


@dataclass(frozen=True, slots=True)
class Edit:
    """One change; its author is who asks."""

    request: Request
    who: Principal
    change: Change
    on: Condition
    name: str

    @property
    def library(self) -> PromptLibrary:
        """The prompts of the application."""
        return library_of(self.request)

    def expected(self, *, deleted: bool = False) -> int | RevisionId | None:
        """The revision that it goes on top of. Raises: ConflictError, PromptNotFoundError.

        Args:
            deleted: whether that may be of a deleted set for `If-Match: *`.
        """
        return expected(self.library, self.name, self.on, deleted=deleted)

    async def made(
        self, act: str, write: Callable[[], Revision], *, sent: bytes = b"", **answer: Any
    ) -> Response:
        """What `write` has made, in a thread, once for each Idempotency-Key; audited."""
        revision = await self.change.made(write, who=self.who, request=self.request, body=sent)
        audit(self.who, act, f"set {self.name}", revision)
        record = {"set": self.name, "revision": revision_json(revision)}
        return changed(record, etag_of(revision), **answer)


async def _repeatable(
    request: Request, set_name: Name, who: PromptEditor, change: Repeatable, condition: Conditional
) -> Edit:
    return Edit(request, who, change, condition, set_name)


async def _explained(
    request: Request, set_name: Name, who: PromptEditor, change: Explained, condition: Conditional
) -> Edit:
    return Edit(request, who, change, condition, set_name)


async def _changed(
    request: Request, set_name: Name, who: PromptEditor, change: Changed, condition: Conditional
) -> Edit:
    return Edit(request, who, change, condition, set_name)


async def _guarded(
    request: Request, set_name: Name, who: PromptEditor, change: Changed, condition: Guarded
) -> Edit:
    return Edit(request, who, change, condition, set_name)


EditOf = Annotated[Edit, Depends(_repeatable)]
"""A change whose body has its message and tags."""
DeletionOf = Annotated[Edit, Depends(_explained)]
"""A change without data, whose revision has no tags."""
FileEditOf = Annotated[Edit, Depends(_changed)]
"""A change of a file, whose message and tags are in the query."""
GuardedFileEditOf = Annotated[Edit, Depends(_guarded)]
"""The same, which must have a condition, else 428."""


def expected(
    library: PromptLibrary, name: str, on: Condition, *, deleted: bool = False
) -> int | RevisionId | None:
    """The revision of a set that a change goes on top of. Raises: as `Edit.expected`."""
    PROMPT_SETS.key(name)  # a name that no set can have is told before the condition

    def newest() -> RevisionId:
        return library.history(name, limit=1)[0] if deleted else library.snapshot(name).revision

    return on.expected(newest)
