"""Flashes: what a form has done, told once on the page that comes next."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final, Literal, get_args

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ingenious_ops.api.identity.transport import is_secure
from ingenious_ops.console.links import HOME, root_of

Kind = Literal["ok", "bad"]
_COOKIE: Final = "ingenious-console-flash"
_LONGEST: Final = 300
"""Characters: a cookie has room for 4 KB."""


@dataclass(frozen=True, slots=True)
class Flash:
    """One message; it holds no secret, and what is shown of it is escaped."""

    text: str
    kind: Kind = "ok"


def redirect(request: Request, url: str, text: str, kind: Kind = "ok") -> Response:
    """To the page `url`, which shows `text` once. What a POST that changed something answers."""
    answer = RedirectResponse(url, 303)
    short = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    value = base64.urlsafe_b64encode(orjson.dumps([kind, short])).decode()
    answer.set_cookie(
        _COOKIE,
        value,
        max_age=60,
        path=root_of(request) + HOME,
        secure=is_secure(request),
        httponly=True,
        samesite="strict",
    )
    return answer


def flash_of(request: Request) -> Flash | None:
    """The message that waits for this browser."""
    value = request.cookies.get(_COOKIE)
    if not value:
        return None
    try:
        kind, text = orjson.loads(base64.urlsafe_b64decode(value))
    except (ValueError, TypeError, binascii.Error):
        return None
    if kind not in get_args(Kind) or not isinstance(text, str):
        return None
    return Flash(text, kind)


def forget(request: Request, answer: Response) -> None:
    """It was shown."""
    answer.delete_cookie(_COOKIE, path=root_of(request) + HOME, httponly=True, samesite="strict")
