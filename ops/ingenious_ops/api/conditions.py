"""Conditions: what If-Match and If-None-Match demand of a read, and of a change.

A change hands its condition down as `expected=`, so that it holds at the moment of the write and
not only when it was looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends
from starlette.requests import Request

from ingenious_ops.api.errors import InvalidRequestError, PreconditionRequiredError
from ingenious_ops.api.etags import Tags, etag_of, parse_tags
from ingenious_storage import ConflictError, RevisionId
from ingenious_storage.errors import NotFoundError

IF_MATCH: Final = "If-Match"
IF_NONE_MATCH: Final = "If-None-Match"


_TAGS: Final = r'^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*"){0,20})$'


def _parameter(name: str, description: str, pattern: str = _TAGS) -> dict[str, Any]:
    schema = {"type": "string", "pattern": pattern}
    return {"name": name, "in": "header", "description": description, "schema": schema}


_MATCH: Final = _parameter(IF_MATCH, "the ETag that the change has to go on top of, else 412")
READ_PARAMETERS: Final = [_parameter(IF_NONE_MATCH, "ETags that are held already: 304 for these")]
"""For `openapi_extra={"parameters": ...}`: as a parameter of the function it would cost more."""
CHANGE_PARAMETERS: Final = [
    _MATCH,
    _parameter(IF_NONE_MATCH, "`*`: nothing must be there, else 412", r"^\*$"),
]
MATCH_PARAMETERS: Final = [_MATCH]
"""Of a change of what has to be there."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What a change demands of what is there."""

    match: Tags | None = None
    """One of these must be the newest revision; None: whatever is there."""
    absent: bool = False
    """Nothing must be there."""

    @property
    def exists(self) -> bool:
        """Whether anything must be there, whatever it is: `If-Match: *`."""
        return self.match is not None and self.match.any

    def expected(self, newest: Callable[[], RevisionId]) -> int | RevisionId | None:
        """For `expected=`; 0 when nothing must be there.

        Args:
            newest: asked when there is more than one candidate, and for `If-Match: *`: the newest
                revision, or NotFoundError.

        Raises: ConflictError when no tag names a revision; what `newest` raises.
        """
        if self.absent:
            return 0
        if self.match is None:
            return None
        if self.match.any:
            return newest()
        named = [tag.revision for tag in self.match.listed]
        found = [revision for revision in named if revision is not None]
        if not found:
            raise ConflictError("no ETag of If-Match is that of the newest revision")
        if len(found) == 1:
            return found[0]
        return self._newest_of(found, newest)

    def _newest_of(
        self, found: Sequence[RevisionId], newest: Callable[[], RevisionId]
    ) -> RevisionId:
        """If it is none of them, the write says so, once it has seen that it is no repetition."""
        assert self.match is not None
        with suppress(NotFoundError):
            current = newest()
            if self.match.match(etag_of(current)):
                return current
        return found[0]


async def condition_of(request: Request) -> Condition:
    """The condition of a change, if it has one; a dependency. Raises: InvalidRequestError."""
    match, none = _headers(request)
    if match is not None and none is not None:
        raise InvalidRequestError(f"both {IF_MATCH} and {IF_NONE_MATCH}", hint="Send one of them.")
    if none is not None and not none.any:
        raise InvalidRequestError(
            f"a change with {IF_NONE_MATCH} of ETags",
            hint=f"Send {IF_NONE_MATCH}: * to create, or {IF_MATCH} with the ETag you have read.",
        )
    return Condition(match, absent=none is not None)


async def demanded(request: Request) -> Condition:
    """As `condition_of`, where a change without one could overwrite somebody's work.

    Raises: PreconditionRequiredError.
    """
    condition = await condition_of(request)
    if condition.match is None and not condition.absent:
        raise PreconditionRequiredError(f"neither {IF_MATCH} nor {IF_NONE_MATCH}")
    return condition


async def matched(request: Request) -> Condition:
    """As `condition_of`, of an erasure: there is nothing to erase where nothing must be.

    Raises: InvalidRequestError.
    """
    condition = await condition_of(request)
    if condition.absent:
        raise InvalidRequestError(
            f"an erasure with {IF_NONE_MATCH}", hint=f"Send {IF_MATCH}, or no condition."
        )
    return condition


Conditional = Annotated[Condition, Depends(condition_of)]
"""Of a change that may have a condition."""
Guarded = Annotated[Condition, Depends(demanded)]
"""Of a change that must have one."""


def is_held(request: Request, etag: str) -> bool:
    """Whether who reads holds `etag` already, so that 304 is the answer.

    Raises: ConflictError when it wanted another, by If-Match; InvalidRequestError.
    """
    match, none = _headers(request)
    if match is not None and not match.match(etag):
        raise ConflictError(f"{IF_MATCH} is not what is there", hint="Read it without a condition.")
    return none is not None and none.match_weakly(etag)


def _headers(request: Request) -> tuple[Tags | None, Tags | None]:
    headers = request.headers
    return (
        parse_tags(IF_MATCH, headers.getlist(IF_MATCH)),
        parse_tags(IF_NONE_MATCH, headers.getlist(IF_NONE_MATCH)),
    )
