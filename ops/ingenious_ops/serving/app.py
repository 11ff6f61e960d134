"""The application: routes, problems and limits, put together once."""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from ingenious_ops.api.context import Context
from ingenious_ops.api.identity.authenticator import Authenticator
from ingenious_ops.api.identity.sessions import Sessions
from ingenious_ops.api.openapi.description import describe
from ingenious_ops.api.problems import handle_problems
from ingenious_ops.api.routes import memories, search
from ingenious_ops.api.routes.framework import reading, writing
from ingenious_ops.api.routes.prompts import files, history, labels, sets, texts
from ingenious_ops.console import add_console
from ingenious_ops.serving.layers import add_layers
from ingenious_ops.serving.probes import add_probes, checking
from ingenious_storage import Storage

_ROUTERS: Final = (
    texts.router,  # what is read most comes first: routes are tried in this order
    reading.router,
    memories.router,
    sets.router,
    files.router,
    history.router,
    labels.router,
    writing.router,
    search.router,
)


def create_app(
    storage: Storage, *, console: bool = True, metrics: CollectorRegistry | None = None
) -> FastAPI:
    """The HTTP API of `storage`, to serve by itself or to mount; it does not close the storage.

    Who may use it is in the section `api:` of the storage's configuration.

    Args:
        console: whether `/console` is there too.
        metrics: what `/metrics` shows; None answers 404 there.
    """
    app = FastAPI(
        title="ingenious-storage",
        version=version("ingenious-storage"),
        docs_url=None,  # its page loads scripts from another host
        redoc_url=None,
        redirect_slashes=False,
        lifespan=checking(storage),
        # Its spans would have paths and queries: ids and what people search for.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    settings = storage.settings.api
    authenticator = Authenticator(storage.settings)
    app.state.context = Context(storage, authenticator, Sessions(settings))
    handle_problems(app)
    describe(app, is_open=authenticator.is_open)
    add_layers(app, settings, is_open=authenticator.is_open)
    for router in _ROUTERS:
        # As include_router, without looking at each route twice for a request.
        app.router.routes.extend(router.routes)
    add_probes(app, storage, metrics)
    if console:
        add_console(app)
    return app
