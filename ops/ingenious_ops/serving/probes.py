"""Probes: the endpoints of health in the application, and its metrics for who may see them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from fastapi import FastAPI, Request
from prometheus_client import CollectorRegistry
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from ingenious_ops.api.context import context_of
from ingenious_ops.api.errors import ForbiddenError
from ingenious_ops.health import asgi_app
from ingenious_storage import Storage

_OPEN: Final = ("/livez", "/readyz", "/startupz", "/health")
"""They name no account, no container and nobody; orchestrators have no token."""


def add_probes(app: FastAPI, storage: Storage, metrics: CollectorRegistry | None) -> None:
    """Add them to `app`. `/metrics` tells who uses it how much, so it asks who asks."""
    found = asgi_app(
        storage, metrics=metrics, service_id=storage.settings.telemetry.service_name
    ).routes
    for route in found:
        assert isinstance(route, Route)
        if route.path.rstrip("/") in _OPEN:
            app.router.routes.append(route)
        elif route.path == "/metrics":
            app.add_route(route.path, _for_the_known(route), include_in_schema=False)


def checking(storage: Storage) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """A lifespan in which the storage is checked at once and from time to time, and the issuer
    of tokens is asked for its keys before somebody shows one.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.context.authenticator.prepare()
        storage.health.start()
        try:
            yield
        finally:
            await run_in_threadpool(storage.health.stop)

    return lifespan


def _for_the_known(route: Route) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        who = await context_of(request).authenticator.principal(request)
        if not who.grants:
            raise ForbiddenError(f"{who.name} has no role")
        answered: Response = await route.endpoint(request)
        return answered

    return answer
