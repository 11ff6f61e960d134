"""Telemetry of each request: a span, its duration, and how many there are now.

A request is known by the template of its route alone. Its path and query hold ids and what people
search for.
"""

from __future__ import annotations

from functools import lru_cache
from time import perf_counter
from typing import Final

from opentelemetry.context import Context
from opentelemetry.trace import Span, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingenious_ops.api.telemetry import (
    ATTR_METHOD,
    ATTR_ROUTE,
    ATTR_SCHEME,
    ATTR_STATUS,
    METHODS,
    OTHER_METHOD,
    instruments,
)
from ingenious_storage import telemetry

UNWATCHED: Final = frozenset(("/livez", "/readyz", "/startupz", "/health", "/metrics"))
"""Asked by machines all the time, they would be most of what is shown."""
_PARENT: Final = b"traceparent"
_propagator: Final = TraceContextTextMapPropagator()


class Telemetry:
    """Outermost, so that it measures what a caller waits for; without an SDK it does nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        if telemetry.is_enabled():
            instruments()  # what begins with zero begins now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or not telemetry.is_enabled() or _is_unwatched(scope):
            await self._app(scope, receive, send)
        else:
            await _Watched(scope, send).run(self._app, receive)


class _Watched:
    """One request."""

    __slots__ = ("_error", "_method", "_scheme", "_scope", "_send", "_status")

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        self._method = scope["method"] if scope["method"] in METHODS else OTHER_METHOD
        self._scheme: str = scope.get("scheme", "http")
        self._status: int | None = None
        self._error: str | None = None

    async def run(self, app: ASGIApp, receive: Receive) -> None:
        began, emit, about = perf_counter(), instruments(), _begun(self._method, self._scheme)
        emit.active.add(1, about)
        try:
            with telemetry.Answering(self._method, about, _caller(self._scope)) as span:
                try:
                    await app(self._scope, receive, self._noted)
                except BaseException as error:
                    self._error = type(error).__qualname__
                    raise
                finally:
                    said = self._said()
                    emit.duration.record(perf_counter() - began, said, traced=span.is_recording())
                    self._tell(span, said)
        finally:
            emit.active.add(-1, about)

    async def _noted(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
        await self._send(message)

    def _said(self) -> telemetry.Attributes:
        # The prefix of a host is left out: what it is, the host alone knows.
        route = getattr(self._scope.get("route"), "path", None)
        return _ended(self._method, self._scheme, route, self._status, self._error)

    def _tell(self, span: Span, said: telemetry.Attributes) -> None:
        if not span.is_recording():
            return
        span.set_attributes(dict(said))
        if ATTR_ROUTE in said:
            span.update_name(f"{self._method} {said[ATTR_ROUTE]}")
        if telemetry.ATTR_ERROR in said:
            span.set_status(Status(StatusCode.ERROR))


def _is_unwatched(scope: Scope) -> bool:
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "")).rstrip("/") in UNWATCHED


def _caller(scope: Scope) -> Context | None:
    """Where the trace goes on that the caller names, if it names one."""
    sent = next((value for name, value in scope["headers"] if name == _PARENT), None)
    return None if sent is None else _propagator.extract({"traceparent": sent.decode("latin-1")})


# What they give is shared, and must not change: the instruments keep it until an export.
@lru_cache(maxsize=64)
def _begun(method: str, scheme: str) -> telemetry.Attributes:
    return {ATTR_METHOD: method, ATTR_SCHEME: scheme}


@lru_cache(maxsize=4096)
def _ended(
    method: str, scheme: str, route: str | None, status: int | None, error: str | None
) -> telemetry.Attributes:
    """The attributes of a request that is over; from 500 on the status is the error."""
    said: dict[str, str | int] = {ATTR_METHOD: method, ATTR_SCHEME: scheme}
    if route is not None:
        said[ATTR_ROUTE] = route
    if status is not None:
        said[ATTR_STATUS] = status
    if error is not None or (status is not None and status >= 500):
        said[telemetry.ATTR_ERROR] = error or str(status)
    return said
