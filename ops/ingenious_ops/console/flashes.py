"""Flashes: what a form has done, told once on the page that comes next."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final, Literal, get_args

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ingenious_ops.api.identity.cookies import cookie_of, set_cookie
from ingenious_ops.console.links import HOME

Kind = Literal["ok", "bad"]
_COOKIE: Final = "ingenious_flash"
_SECONDS: Final = 60
"""For which it waits to be shown."""
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
    cookie = set_cookie(request, _COOKIE, value, path=HOME, max_age=_SECONDS)
    answer.headers.append("Set-Cookie", cookie)
    return answer


def flash_of(request: Request) -> Flash | None:
    """The message that waits for this browser."""
    value = cookie_of(request, _COOKIE)
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
    cookie = set_cookie(request, _COOKIE, "", path=HOME, max_age=0)
    answer.headers.append("Set-Cookie", cookie)
