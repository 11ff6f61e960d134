"""OpenAPI: the description of the API, with problems, credentials and names for clients."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from ingenious_ops.api.openapi.responses import Problem

_REF: Final = "#/components/schemas/{model}"
_CREDENTIALS: Final = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of the configured issuer, or an API key.",
    },
    "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def describe(app: FastAPI, *, is_open: bool) -> None:
    """Make `/openapi.json` of `app` say all that there is; made once, when it is asked for.

    Args:
        is_open: nobody has to say who they are.
    """

    def description() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app, is_open=is_open)
        return app.openapi_schema

    app.openapi = description  # type: ignore[method-assign]  # as FastAPI's documentation says


def _described(app: FastAPI, *, is_open: bool) -> dict[str, Any]:
    _name_operations(app)
    found = get_openapi(
        title=app.title,
        version=app.version,
        summary="Versioned memories and prompts of AI agents.",
        routes=app.routes,
    )
    parts = found.setdefault("components", {})
    models = Problem.model_json_schema(ref_template=_REF)
    schemas = {**parts.get("schemas", {}), **models.pop("$defs"), "Problem": models}
    parts["schemas"] = dict(sorted(schemas.items()))
    parts["securitySchemes"] = _CREDENTIALS
    found["security"] = [{}] if is_open else [{name: []} for name in _CREDENTIALS]
    return found


def _name_operations(app: FastAPI) -> None:
    """After the functions, as long as no two have one name: clients are generated from it."""
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema and route.operation_id is None:
            group = str(route.tags[0]).replace(" ", "_") if route.tags else ""
            route.operation_id = f"{group}_{route.name}".strip("_")
            route.unique_id = route.operation_id
