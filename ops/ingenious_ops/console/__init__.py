"""The console: pages for people, under `/console`. HTML made by the server, without a build."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from ingenious_ops.console.links import HOME, STATIC
from ingenious_ops.console.pages import (
    agents,
    conversation,
    conversations,
    issuer,
    labels,
    overview,
    search,
    session,
    sets,
)
from ingenious_ops.console.routing import home, nowhere
from ingenious_ops.console.syncing import Syncing

ROUTERS: Final = (
    overview.router,
    conversations.router,
    *conversation.ROUTERS,
    agents.router,
    *sets.ROUTERS,
    *labels.ROUTERS,
    search.router,
    session.router,
    issuer.router,
)


def add_console(app: FastAPI) -> None:
    """Add the pages and the files that they load."""
    app.state.console_syncing = Syncing()
    app.mount(f"{HOME}/static", StaticFiles(directory=STATIC), name="static")
    for router in ROUTERS:
        app.router.routes.extend(router.routes)
    app.add_api_route(f"{HOME}/{{rest:path}}", nowhere, include_in_schema=False)
    app.add_api_route("/", home, include_in_schema=False)
