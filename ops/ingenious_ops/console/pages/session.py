"""Signing in and out: `/console/login`, `/console/logout`, and who somebody is: `/console/me`."""

from __future__ import annotations

import re
from typing import Final

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from ingenious_ops.api.context import context_of
from ingenious_ops.api.identity.transport import root_of
from ingenious_ops.api.statuses import status_of
from ingenious_ops.api.telemetry import count_refusal
from ingenious_ops.console import flashes
from ingenious_ops.console.access import SentByPage, Visitor
from ingenious_ops.console.fields import FormOf, text_of
from ingenious_ops.console.links import HOME, link_of
from ingenious_ops.console.rendering import page
from ingenious_ops.console.routing import pages_router
from ingenious_storage.errors import StorageError

_PATH: Final = re.compile(rf"{HOME}(?:/[a-z-]+)*(?:\?[!-~]*)?")
"""Addresses of pages: names are in the query, so nothing in a path can lead out of the console."""

router = pages_router()


@router.get("/login")
async def ask(request: Request, next: str = "") -> Response:  # noqa: A002  # its name in addresses
    """The page that asks for an API key or a token."""
    if context_of(request).sessions.principal(request) is not None:
        return RedirectResponse(inside(request, next), 303)
    return asking(request, next)


@router.post("/login")
async def sign_in(request: Request, form: FormOf, _page: SentByPage) -> Response:
    """Begin a session, when the key or token is good."""
    context, target = context_of(request), text_of(form, "next")
    try:
        who = await context.authenticator.recognise(text_of(form, "credential").strip())
    except StorageError as error:
        return asking(request, target, error)
    answer = RedirectResponse(inside(request, target), 303)
    answer.headers.append("Set-Cookie", context.sessions.begin(who, request))
    return answer


@router.post("/logout")
async def sign_out(request: Request, _page: SentByPage) -> Response:
    """End the session in this browser."""
    answer = flashes.redirect(request, link_of(request)("login"), "You are signed out.")
    answer.headers.append("Set-Cookie", context_of(request).sessions.end(request))
    return answer


@router.get("/me")
async def me(request: Request, who: Visitor) -> Response:
    """Who somebody is here, and what they may do."""
    return page(request, "me.html", who)


def asking(request: Request, target: str, error: StorageError | None = None) -> Response:
    """The page that asks; with what was wrong, when something was."""
    if error is not None:
        count_refusal(error)
    status = 200 if error is None else status_of(error, request.headers)
    by_issuer = context_of(request).authenticator.sign_in is not None
    values = {"next": target, "error": error, "by_issuer": by_issuer}
    return page(request, "login.html", None, status=status, **values)


def inside(request: Request, target: str) -> str:
    """`target` when it is a page of this console, else its first page: nobody is led elsewhere."""
    root = root_of(request)
    below = target.removeprefix(root)
    return target if target == root + below and _PATH.fullmatch(below) else root + HOME
