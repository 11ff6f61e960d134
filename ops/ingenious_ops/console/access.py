"""Access: who may see a page, and that a form was sent by one. As `api/context.py`, for people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Request
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from ingenious_ops.api.context import context_of, require
from ingenious_ops.api.identity.principal import Access, Principal
from ingenious_ops.api.identity.transport import root_of
from ingenious_ops.api.methods import SAFE
from ingenious_storage.config import Role


class SignInRequiredError(HTTPException):
    """Nobody is signed in: the answer leads to the page where they can."""


async def visitor(request: Request) -> Principal:
    """Who is signed in; of whatever changes something also that a page of theirs sent it.

    Raises: SignInRequiredError, ForbiddenError.
    """
    sessions = context_of(request).sessions
    principal = sessions.principal(request)
    if principal is None:
        raise _sign_in(request)
    await sent_by_page(request)
    return principal


async def sent_by_page(request: Request) -> None:
    """Check the token of a form, and where it comes from. Raises: ForbiddenError."""
    if request.method not in SAFE:
        context_of(request).sessions.check(request, await form_of(request))


async def form_of(request: Request) -> FormData:
    """The fields that a page sent; a text may be as long as a body."""
    limit = context_of(request).storage.settings.api.max_body_bytes
    return await request.form(max_part_size=limit)


def page_needs(access: Access, container: Role) -> Callable[[Request], Awaitable[Principal]]:
    """A dependency: who is signed in, if they may. Raises as `visitor` does."""

    async def allowed(request: Request) -> Principal:
        principal = await visitor(request)
        require(principal, access, container)
        return principal

    return allowed


Visitor = Annotated[Principal, Depends(visitor)]
"""Anybody who is signed in."""
SentByPage = Annotated[None, Depends(sent_by_page)]
"""Of the form that signs in: nobody is signed in yet."""
MemoryReader = Annotated[Principal, Depends(page_needs(Access.READER, "data"))]
MemoryEditor = Annotated[Principal, Depends(page_needs(Access.EDITOR, "data"))]
MemoryAdmin = Annotated[Principal, Depends(page_needs(Access.ADMIN, "data"))]
PromptReader = Annotated[Principal, Depends(page_needs(Access.READER, "revisions"))]
PromptEditor = Annotated[Principal, Depends(page_needs(Access.EDITOR, "revisions"))]
PromptAdmin = Annotated[Principal, Depends(page_needs(Access.ADMIN, "revisions"))]


def _sign_in(request: Request) -> SignInRequiredError:
    root = root_of(request)
    where = f"{root}/console/login"
    if request.method in SAFE:
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        where += f"?next={quote(path, safe='')}"
    if "hx-request" in request.headers:  # a redirect would be followed into a part of the page
        return SignInRequiredError(401, "sign in", {"HX-Redirect": f"{root}/console/login"})
    return SignInRequiredError(303, "sign in", {"Location": where, "Cache-Control": "no-store"})
