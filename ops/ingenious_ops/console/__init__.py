"""The console: pages for people, under `/console`. HTML made by the server, without a build."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from ingenious_ops.console.pages import overview

_STATIC: Final = Path(__file__).parent / "static"
_ROUTERS: Final = (overview.router,)


def add_console(app: FastAPI) -> None:
    """Add the pages and the files that they load."""
    app.mount("/console/static", StaticFiles(directory=_STATIC), name="static")
    for router in _ROUTERS:
        app.include_router(router, include_in_schema=False)
