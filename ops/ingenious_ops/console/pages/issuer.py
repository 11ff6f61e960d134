"""Signing in at the issuer: `/console/login/issuer` leads there, `.../back` is where it ends."""

from __future__ import annotations

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from ingenious_ops.api.context import context_of
from ingenious_ops.api.identity.sign_in import SignIn
from ingenious_ops.console.pages.session import asking, inside
from ingenious_ops.console.rendering import page
from ingenious_ops.console.routing import pages_router
from ingenious_storage.errors import StorageError

router = pages_router()


@router.get("/login/issuer")
async def begin(request: Request, next: str = "") -> Response:  # noqa: A002  # its name in addresses
    """To the issuer."""
    url, cookie = await _sign_in(request).begin(request, inside(request, next))
    answer = RedirectResponse(url, 303, {"Cache-Control": "no-store"})
    answer.headers.append("Set-Cookie", cookie)
    return answer


@router.get("/login/issuer/back")
async def back(request: Request) -> Response:
    """Begin a session for whom the issuer names.

    A page and no redirect: a browser that comes from another site would follow one without the
    cookie of the session, which is SameSite=Strict.
    """
    sign_in = _sign_in(request)
    try:
        who, target = await sign_in.finish(request)
    except StorageError as error:
        return asking(request, "", error)
    answer = page(request, "signed_in.html", None, target=inside(request, target))
    answer.headers.append("Set-Cookie", context_of(request).sessions.begin(who, request))
    answer.headers.append("Set-Cookie", sign_in.forget(request))
    return answer


def _sign_in(request: Request) -> SignIn:
    found = context_of(request).authenticator.sign_in
    if found is None:
        raise HTTPException(404, "nobody signs in by an issuer here")
    return found
