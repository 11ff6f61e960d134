"""Paths: routes match a path as it was sent, so that any text is one segment of it.

Servers decode the whole path before an application sees it: `/memories/a%2Fb` would be two
segments. The layer routes by the undecoded path instead; a parameter decodes its own segment.
"""

from __future__ import annotations

import re
from typing import Annotated, Final
from urllib.parse import quote, unquote_to_bytes

from fastapi import Path
from pydantic import BeforeValidator
from starlette.types import ASGIApp, Receive, Scope, Send

from ingenious_ops.api.errors import InvalidRequestError
from ingenious_ops.api.methods import ROOT
from ingenious_ops.api.problems import problem_of

_USUAL = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?")
"""Nothing to rewrite and no dot segment: most paths."""
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})?")
_AS_IT_IS = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/%-]*")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_HINT: Final = "Send each segment of the path as UTF-8, percent-encoded."


def decoded(segment: object) -> str:
    """What a segment of the path says. Raises: InvalidRequestError when it is not UTF-8."""
    text = str(segment)
    if "%" not in text:
        return text
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise InvalidRequestError("a path that is not UTF-8", hint=_HINT) from None


Segment = Annotated[str, BeforeValidator(decoded), Path()]
"""A parameter that is one segment, whatever is in it: `"/memories/{conversation_id}"`."""
Segments = Annotated[str, BeforeValidator(decoded), Path()]
"""A parameter that is the rest of the path: `"/files/{path:path}"`; an escaped slash is one too."""


class UndecodedPaths:
    """Lets what is inside route by the undecoded path; refuses one that means several things."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 400 for a bad escape, a dot segment and what is no character of a path."""
        if scope["type"] == "http":
            try:
                _rewrite(scope)
            except InvalidRequestError as error:
                await problem_of(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _rewrite(scope: Scope) -> None:
    """The path, and the prefix at which this is mounted, as they were sent."""
    raw = scope.get("raw_path")
    sent = quote(scope["path"]) if raw is None else raw.decode("latin-1")
    root = scope.get("root_path", "")
    if root:
        root, sent = _split(root, sent)
        scope["root_path"] = root
    scope[ROOT] = root
    scope["path"] = root + (sent if _USUAL.fullmatch(sent) else _canonical(sent))


def _split(root: str, sent: str) -> tuple[str, str]:
    """The prefix, which a host gives decoded, and the rest: both as they were sent."""
    wanted, rest = root.encode(), sent
    while wanted:
        escape = _ESCAPE.match(rest)
        taken = escape.group() if escape else rest[:1]
        byte = unquote_to_bytes(taken)
        if not byte or not wanted.startswith(byte):  # the server took the prefix off
            return quote(root), sent
        wanted, rest = wanted[len(byte) :], rest[len(taken) :]
    return sent[: len(sent) - len(rest)], rest


def _canonical(sent: str) -> str:
    """The one spelling of a path: what needs no escape has none. Raises: InvalidRequestError."""
    if not _AS_IT_IS.fullmatch(sent):
        raise InvalidRequestError("a path with characters that have to be escaped", hint=_HINT)
    path = _ESCAPE.sub(_plain, sent)
    if not {".", ".."}.isdisjoint(path.split("/")):
        raise InvalidRequestError("a path with a segment of dots", hint="Send the path itself.")
    return path


def _plain(escape: re.Match[str]) -> str:
    if escape[1] is None:
        raise InvalidRequestError("a path with a bad escape", hint=_HINT)
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0].upper()
