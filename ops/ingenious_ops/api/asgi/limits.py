"""Limits of size and of time that a request has while it arrives, whatever server is outside."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingenious_ops.api.errors import (
    BodyTooLargeError,
    HeaderTooLargeError,
    SlowRequestError,
    UrlTooLongError,
)
from ingenious_ops.api.problems import problem_of
from ingenious_storage.errors import StorageError

MAX_HEADER: Final = 64 * 1024
MAX_URL: Final = 16 * 1024
_DIGITS: Final = 18
"""Of a length; Python refuses to look at thousands of them."""


class Limits:
    """Refuses what is too long (413, 414, 431) or comes too slowly (408)."""

    def __init__(self, app: ASGIApp, *, max_body: int, body_timeout: float) -> None:
        self._app, self._max_body, self._body_timeout = app, max_body, body_timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A body is looked at piece by piece, as the application asks for it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused, has_body = _look(scope, self._max_body)
        if refused is not None:
            await problem_of(refused)(scope, receive, send)
        elif has_body:
            body = _Body(scope, receive, send, self._max_body, self._body_timeout)
            await body.run(self._app)
        else:
            await self._app(scope, receive, send)


def _look(scope: Scope, max_body: int) -> tuple[StorageError | None, bool]:
    """What is wrong with a request by its header alone, and whether a body may follow."""
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MAX_URL:
        return UrlTooLongError(f"a URL of more than {MAX_URL} bytes"), False
    size, length, has_body = 0, "", scope["method"] not in ("GET", "HEAD")
    for name, value in scope["headers"]:
        size += len(name) + len(value) + 4
        if name == b"content-length":
            length = length or value.decode("latin-1")
            has_body = has_body or length != "0"
        elif name == b"transfer-encoding":
            has_body = True
    if size > MAX_HEADER:
        return HeaderTooLargeError(f"a header of more than {MAX_HEADER} bytes"), False
    if length.isdecimal() and (len(length) > _DIGITS or int(length) > max_body):
        return _too_large(max_body), False
    return None, has_body


def _too_large(max_body: int) -> BodyTooLargeError:
    return BodyTooLargeError(f"a body of more than {max_body} bytes")


class _Body:
    """One body. What makes of the refusal something else inside does not get it sent."""

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, max_body: int, timeout: float
    ) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._left, self._max_body = max_body, max_body
        self._until: float | None = None
        self._timeout = timeout
        self._refused: StorageError | None = None
        self._is_whole = self._is_answered = False

    async def run(self, app: ASGIApp) -> None:
        try:
            await app(self._scope, self.receive, self.send)
        except StorageError:
            if self._refused is None or self._is_answered:
                raise
            await self._refuse()

    async def receive(self) -> Message:
        if self._is_whole:  # what comes now is that the client has gone
            return await self._receive()
        if self._until is None:
            self._until = asyncio.get_running_loop().time() + self._timeout
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            late = SlowRequestError(f"the body did not arrive within {self._timeout:g} s")
            raise self._refusal(late) from None
        self._is_whole = not message.get("more_body", False)
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise self._refusal(_too_large(self._max_body))
        return message

    async def send(self, message: Message) -> None:
        if self._refused is None or self._is_answered:
            self._is_answered = True
            await self._send(message)
        elif message["type"] == "http.response.start":
            await self._refuse()

    def _refusal(self, error: StorageError) -> StorageError:
        self._refused = self._refused or error
        return self._refused

    async def _refuse(self) -> None:
        assert self._refused is not None
        answer = problem_of(self._refused)
        if isinstance(self._refused, SlowRequestError):
            answer.headers["Connection"] = "close"
        send, self._send, self._is_answered = self._send, _nowhere, True
        await answer(self._scope, self._receive, send)


async def _nowhere(_message: Message) -> None:
    """The rest of an answer that is not given."""
