"""The endpoints as an ASGI application; docs/health.md says what each means."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingenious_ops.health.document import (
    MEDIA_TYPE,
    NAME,
    document,
    status_code,
    verdict,
)
from ingenious_ops.health.index import page
from ingenious_storage import Storage
from ingenious_storage.health import Health

_NO_METRICS: Final = (
    "metrics are off: give asgi_app(..., metrics=) the registry of setup_telemetry, "
    "or run `ingenious-storage health serve`\n"
)


def asgi_app(
    storage: Storage | Health,
    *,
    metrics: CollectorRegistry | None = None,
    service_id: str = NAME,
) -> Starlette:
    """`/livez`, `/readyz`, `/startupz`, `/health`, `/metrics` and an index, for GET and HEAD.

    To serve by itself, or to mount under a prefix. Checks run in a thread that the first request
    starts (or `Health.start`), because a host does not run the lifespan of what it mounts; no
    request waits for one. `Health.stop` ends it, and `Storage.close` for the Health of a storage.

    Args:
        storage: what to check, by its own `health`; or a Health with other times.
        metrics: what `/metrics` shows; None answers 404 there.
        service_id: how the answer of `/health` calls this service.
    """
    endpoints = _Endpoints(
        storage.health if isinstance(storage, Storage) else storage, metrics, service_id
    )
    app = Starlette(
        # With a slash behind it the same answer, and none is redirected: that passes for healthy.
        routes=[
            Route(path + slash, answer)
            for path, answer in endpoints.each().items()
            for slash in (["", "/"] if path else ["/"])
        ],
        middleware=[Middleware(_NoStore)],
        lifespan=endpoints.lifespan,
    )
    app.router.redirect_slashes = False
    return app


class _Endpoints:
    def __init__(self, health: Health, metrics: CollectorRegistry | None, service_id: str) -> None:
        self._health, self._metrics, self._service_id = health, metrics, service_id

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        self._health.start()
        try:
            yield
        finally:
            await run_in_threadpool(self._health.stop)

    def each(self) -> dict[str, Callable[[Request], Awaitable[Response]]]:
        """By path; the index has none of its own."""
        return {
            "": self.index,
            "/livez": self.livez,
            "/readyz": self.readyz,
            "/startupz": self.startupz,
            "/health": self.health,
            "/metrics": self.metrics,
        }

    async def index(self, request: Request) -> Response:
        self._health.start()
        found = verdict(self._health.latest(), self._health)
        # Its code is that of /readyz, for who takes this path for a probe.
        return HTMLResponse(page(self._service_id, found), status_code(found))

    async def livez(self, request: Request) -> Response:
        return _answer({"status": "pass"})

    async def readyz(self, request: Request) -> Response:
        self._health.start()
        return _answer(verdict(self._health.latest(), self._health))

    async def startupz(self, request: Request) -> Response:
        self._health.start()
        if self._health.has_passed:
            return _answer({"status": "pass"})
        return _answer({"status": "fail", "output": "no check has passed yet"})

    async def health(self, request: Request) -> Response:
        self._health.start()
        return _answer(document(self._health.latest(), self._health, self._service_id))

    async def metrics(self, request: Request) -> Response:
        self._health.start()
        if self._metrics is None:
            return PlainTextResponse(_NO_METRICS, 404)
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        text = await run_in_threadpool(encode, self._metrics)
        return Response(text, headers={"Content-Type": media_type})


def _answer(content: Mapping[str, Any]) -> Response:
    return JSONResponse(content, status_code=status_code(content), media_type=MEDIA_TYPE)


class _NoStore:
    """Forbids every cache to keep an answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Cache-Control"] = "no-store"
            await send(message)

        await self._app(scope, receive, marked)
