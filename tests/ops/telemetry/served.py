"""An application that mounts the endpoints, for a server with workers."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from ingenious_ops.health import asgi_app
from ingenious_ops.telemetry import setup_telemetry
from ingenious_storage import default_storage

storage = default_storage()
telemetry = setup_telemetry(storage.settings, prometheus=True)


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[None]:
    with telemetry, storage.health:
        yield


async def save(request: Request) -> JSONResponse:
    await run_in_threadpool(storage.memory.save_memory, f"p{os.getpid()}", {"at": os.getpid()})
    return JSONResponse({"pid": os.getpid()})


app = Starlette(
    routes=[
        Route("/save", save),
        Mount("/storage", asgi_app(storage, metrics=telemetry.prometheus)),
    ],
    lifespan=lifespan,
)
