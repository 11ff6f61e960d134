"""CORS: whose pages may call the API from a browser; without `api.cors_origins` nobody's."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from ingenious_storage.config import ApiSettings

_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_SENT: Final = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "X-API-Key",
    "X-Request-Id",
)
_SHOWN: Final = ("ETag", "Link", "Location", "Retry-After", "WWW-Authenticate", "X-Request-Id")


def allow_origins(app: FastAPI, settings: ApiSettings) -> None:
    """Let pages of the configured origins call `app`, with credentials that they hold themselves.

    Cookies are never allowed: the API does not look at them, and the console is for its own pages.
    """
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=_METHODS,
            allow_headers=_SENT,
            expose_headers=_SHOWN,
        )
