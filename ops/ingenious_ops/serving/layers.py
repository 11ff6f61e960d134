"""Layers: what happens around every request, in which order."""

from __future__ import annotations

from fastapi import FastAPI

from ingenious_ops.api.asgi.headers import SecurityHeaders
from ingenious_ops.api.asgi.hosts import LoopbackOnly
from ingenious_ops.api.asgi.limits import Limits
from ingenious_ops.api.asgi.methods import Methods
from ingenious_ops.api.asgi.paths import UndecodedPaths
from ingenious_ops.api.asgi.request_ids import RequestIds
from ingenious_ops.api.asgi.telemetry import Telemetry
from ingenious_ops.api.asgi.times import Times
from ingenious_ops.api.identity.cors import allow_origins
from ingenious_storage.config import ApiSettings


def add_layers(app: FastAPI, settings: ApiSettings, *, is_open: bool) -> None:
    """Put them around the routes of `app`; the innermost comes first here.

    Args:
        is_open: nobody has to say who they are, so this machine alone is served.
    """
    app.add_middleware(Methods)
    app.add_middleware(UndecodedPaths)
    app.add_middleware(Times, seconds=settings.request_timeout)
    app.add_middleware(Limits, max_body=settings.max_body_bytes, body_timeout=settings.body_timeout)
    if is_open:
        app.add_middleware(LoopbackOnly)
    allow_origins(app, settings)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestIds)
    app.add_middleware(Telemetry)
