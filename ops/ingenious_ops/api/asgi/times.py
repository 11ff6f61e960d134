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
        task, has_begun, is_late = asyncio.current_task(), False, False
        assert task is not None

        def give_up() -> None:
            nonlocal is_late
            is_late = True
            patience.expire()
            task.cancel()

        # Not asyncio.timeout: beside the timer that ends the threads it would be a second one.
        timer = asyncio.get_running_loop().call_later(self._seconds, give_up)

        async def begun(message: Message) -> None:
            nonlocal has_begun
            if not has_begun:
                has_begun = True
                timer.cancel()
            await send(message)

        try:
            await self._app(scope, receive, begun)
        except asyncio.CancelledError as error:
            patience.expire()
            if has_begun:
                raise
            over = _late(scope, self._seconds, error) if is_late else _ended(scope)
            await problem_of(over)(scope, receive, send)
        finally:
            timer.cancel()
            if is_late:
                task.uncancel()

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


def _late(scope: Scope, seconds: float, error: BaseException) -> StorageError:
    unknown = scope["method"] not in SAFE
    late = OperationTimeoutError(f"no answer within {seconds:g} s", outcome_unknown=unknown)
    late.__cause__ = error
    return late


def _ended(scope: Scope) -> StorageError:
    return UnavailableError("the server ends", outcome_unknown=scope["method"] not in SAFE)
