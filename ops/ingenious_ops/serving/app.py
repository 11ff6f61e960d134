"""The application: routes, problems and limits, put together once."""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

from fastapi import FastAPI

from ingenious_ops.api.asgi.methods import Methods
from ingenious_ops.api.asgi.paths import UndecodedPaths
from ingenious_ops.api.asgi.request_ids import RequestIds
from ingenious_ops.api.context import Context
from ingenious_ops.api.identity.authenticator import Authenticator
from ingenious_ops.api.identity.sessions import Sessions
from ingenious_ops.api.problems import handle_problems
from ingenious_ops.api.routes import memories
from ingenious_ops.console import add_console
from ingenious_storage import Storage

_ROUTERS: Final = (memories.router,)
_LAYERS: Final = (RequestIds, UndecodedPaths, Methods)
"""Around the routes, outermost first."""


def create_app(storage: Storage, *, console: bool = True) -> FastAPI:
    """The HTTP API of `storage`, to serve by itself or to mount; it does not close the storage.

    Who may use it is in the section `api:` of the storage's configuration.

    Args:
        console: whether `/console` is there too.
    """
    app = FastAPI(
        title="ingenious-storage",
        version=version("ingenious-storage"),
        docs_url=None,  # its page loads scripts from another host
        redoc_url=None,
        redirect_slashes=False,
        # Its spans would have paths and queries: ids and what people search for.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    settings = storage.settings.api
    app.state.context = Context(storage, Authenticator(settings), Sessions(settings))
    handle_problems(app)
    for layer in reversed(_LAYERS):
        app.add_middleware(layer)
    for router in _ROUTERS:
        # As include_router, without looking at each route twice for a request.
        app.router.routes.extend(router.routes)
    if console:
        add_console(app)
    return app
