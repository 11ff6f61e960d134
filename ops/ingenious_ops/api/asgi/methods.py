"""HEAD and OPTIONS: answered for every path that is there, which FastAPI leaves out."""

from __future__ import annotations

from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingenious_ops.api.methods import allowed, fitting


class Methods:
    """OPTIONS: 204 with Allow. HEAD: what GET answers, without its body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer OPTIONS here; ask for GET where a route has no HEAD of its own."""
        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            if methods := allowed(scope):
                await _tell(methods, send)
                return
        elif scope["type"] == "http" and scope["method"] == "HEAD" and not _has_head(scope):
            inner = {**scope, "method": "GET"}
            try:
                await self._app(inner, receive, _bodyless(send))
            finally:
                scope["route"] = inner.get("route")
            return
        await self._app(scope, receive, send)


def _has_head(scope: Scope) -> bool:
    return any(route.matches(scope)[0] is Match.FULL for route in fitting(scope))


async def _tell(methods: list[str], send: Send) -> None:
    headers = [(b"allow", ", ".join(methods).encode())]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body"})


def _bodyless(send: Send) -> Send:
    async def head_only(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return head_only
