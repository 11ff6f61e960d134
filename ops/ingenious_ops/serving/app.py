"""The application: routes, problems and limits, put together once."""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

from fastapi import FastAPI

from ingenious_ops.api.context import Context
from ingenious_ops.api.identity.authenticator import Authenticator
from ingenious_ops.api.identity.sessions import Sessions
from ingenious_ops.api.problems import handle_problems
from ingenious_ops.api.routes import memories
from ingenious_ops.console import add_console
from ingenious_storage import Storage

_ROUTERS: Final = (memories.router,)


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
    )
    settings = storage.settings.api
    app.state.context = Context(storage, Authenticator(settings), Sessions(settings))
    handle_problems(app)
    for router in _ROUTERS:
        app.include_router(router)
    if console:
        add_console(app)
    return app
