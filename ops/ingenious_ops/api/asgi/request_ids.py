"""The layer that gives each request an id, and answers for what is wrong in this program."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingenious_ops.api import request_ids
from ingenious_ops.api.problems import fault

_NAME = request_ids.HEADER.lower().encode()


class RequestIds:
    """Outermost: its id is in every answer, and no error goes further."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Name the request; an error that comes through is an answer of 500."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = request_ids.chosen(Headers(scope=scope).get(request_ids.HEADER))
        has_begun = False

        async def named(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                message["headers"] = [*message.get("headers", ()), (_NAME, name.encode())]
            await send(message)

        token = request_ids.current.set(name)
        try:
            await self._app(scope, receive, named)
        except ClientDisconnect:
            pass  # nobody is there to be told
        except Exception as error:  # it is answered, and its log line has it
            answer = fault(error)
            if has_begun:  # the server cuts the connection, so that nobody takes half for the whole
                raise
            await answer(scope, receive, named)
        finally:
            request_ids.current.reset(token)
