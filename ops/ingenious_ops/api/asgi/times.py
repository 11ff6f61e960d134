"""The time that an answer may take: then the store is not waited for, and the request is over."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingenious_ops.api.methods import SAFE
from ingenious_ops.api.problems import problem_of
from ingenious_storage.errors import OperationTimeoutError, StorageError, UnavailableError
from ingenious_storage.runtime import deadlines


class Times:
    """An answer has to begin within a time; what has begun may take longer, as an export does.

    Calls of the library inside end with the request, wherever they run: a thread that waited on
    for a store that is away would be missing for the next request.
    """

    def __init__(self, app: ASGIApp, *, seconds: float) -> None:
        self._app, self._seconds = app, seconds
        self._running: set[deadlines.Scope] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 504 when the time is over, 503 when the server ends before."""
        if scope["type"] == "lifespan":
            await self._app(scope, self._listening(receive), send)
        elif scope["type"] == "http":
            with deadlines.opened() as patience:
                self._running.add(patience)
                try:
                    await self._run(patience, scope, receive, send)
                finally:
                    self._running.discard(patience)
        else:
            await self._app(scope, receive, send)

    async def _run(
        self, patience: deadlines.Scope, scope: Scope, receive: Receive, send: Send
    ) -> None:
        has_begun, timer = False, asyncio.timeout(self._seconds)
        expiry = asyncio.get_running_loop().call_later(self._seconds, patience.expire)

        async def begun(message: Message) -> None:
            nonlocal has_begun
            if not has_begun:
                has_begun = True
                expiry.cancel()
                timer.reschedule(None)
            await send(message)

        try:
            async with timer:
                await self._app(scope, receive, begun)
        except TimeoutError as error:
            if has_begun or not timer.expired():
                raise
            await problem_of(_late(scope, self._seconds, error))(scope, receive, send)
        except asyncio.CancelledError:  # the server does not wait any longer
            patience.expire()
            if has_begun:
                raise
            await problem_of(_ended(scope))(scope, receive, send)
        finally:
            expiry.cancel()

    def _listening(self, receive: Receive) -> Receive:
        async def received() -> Message:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                self._end()
            return message

        return received

    def _end(self) -> None:
        """The server has waited for the requests under way, and does not wait any longer."""
        for patience in tuple(self._running):
            patience.expire()


def _late(scope: Scope, seconds: float, error: TimeoutError) -> StorageError:
    unknown = scope["method"] not in SAFE
    late = OperationTimeoutError(f"no answer within {seconds:g} s", outcome_unknown=unknown)
    late.__cause__ = error
    return late


def _ended(scope: Scope) -> StorageError:
    return UnavailableError("the server ends", outcome_unknown=scope["method"] not in SAFE)
