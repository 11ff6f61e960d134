"""Answers to errors as the framework's clients know them, with our code and hint beside them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final
from uuid import uuid4

import orjson
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import Response

from ingenious_ops.api import request_ids
from ingenious_ops.api.openapi.responses import problems
from ingenious_ops.api.problems import problem_of
from ingenious_ops.api.reads.lean import LeanRoute
from ingenious_ops.api.routes.framework.models import Detail, Invalid
from ingenious_storage.errors import StorageError

_NOBODY: Final = "Authentication required"
_WRONG_PASSWORD: Final = "Incorrect username or password"  # noqa: S105  # what is said of one
_LEFT_OUT: Final = {"type", "title", "status"}
_UPDATING: Final = "/prompts/"
_MISSING: Final = (
    "Missing required content field for prompt update.",
    "Include a 'content' field in your JSON request body with the new prompt content as a string.",
)
_SUGGESTION: Final = (
    "Check the API documentation for the correct request format and ensure all required fields "
    "are provided."
)


class FrameworkRoute(APIRoute):
    """A route whose errors are `{"detail": ...}` and, of a body, `{"error": {...}}`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of FastAPI, with other answers to errors."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                return _invalid(request, error)
            except StorageError as error:
                return _failed(request, problem_of(error, request.headers))

        return answer


class LeanFrameworkRoute(LeanRoute, FrameworkRoute):
    """The same for what is read often."""

    async def direct(self, request: Request) -> Response:
        """What the function answers, or what is wrong."""
        try:
            return await super().direct(request)
        except StorageError as error:
            return _failed(request, problem_of(error, request.headers))


def refused(status: int, detail: str) -> Response:
    """What the framework refuses in its own words."""
    written = detail.encode("utf-8", "backslashreplace").decode()
    return _json({"detail": written}, status, {})


def _failed(request: Request, problem: Response) -> Response:
    if problem.status_code == 304:
        return problem
    body = orjson.loads(problem.body)
    if problem.status_code == 401:
        scheme = request.headers.get("authorization", "").partition(" ")[0].lower()
        body["hint"] = f"{body['detail']}. {body.get('hint') or ''}".strip()
        body["detail"] = _WRONG_PASSWORD if scheme == "basic" else _NOBODY
    content = {name: value for name, value in body.items() if name not in _LEFT_OUT}
    headers = {
        name: problem.headers[name]
        for name in ("www-authenticate", "retry-after")
        if name in problem.headers
    }
    return _json(content, problem.status_code, headers)


def _invalid(request: Request, error: RequestValidationError) -> Response:
    found = [_fault(one) for one in error.errors()]
    message, suggestion = _words(request, found)
    content = {
        "error": {
            "code": "REQUEST_VALIDATION_ERROR",
            "message": message,
            "correlation_id": request_ids.current.get() or str(uuid4()),
            "details": found,
            "recoverable": False,
            "recovery_suggestion": suggestion,
        }
    }
    return _json(content, 422, {})


def _fault(one: dict[str, Any]) -> dict[str, Any]:
    """Without the input, which may be a secret, and which JSON may not be able to say."""
    fault = {"type": one["type"], "loc": list(one["loc"]), "msg": one["msg"]}
    if isinstance(one.get("ctx", {}).get("error"), str):
        fault["ctx"] = {"error": one["ctx"]["error"]}
    return fault


def _words(request: Request, found: list[dict[str, Any]]) -> tuple[str, str]:
    if _UPDATING in request.url.path and any(one["type"] == "missing" for one in found):
        return _MISSING
    where = found[0]["loc"][-1] if found and found[0]["loc"] else "field"
    return f"Validation error in '{where}': {found[0]['msg']}", _SUGGESTION


def _json(content: Any, status: int, headers: dict[str, str]) -> Response:
    return Response(orjson.dumps(content), status, headers, "application/json")


ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    status: {**answer, "model": Invalid | Detail if status == 422 else Detail}
    for status, answer in problems(404, 409, 412).items()
} | {304: problems(304)[304]}
"""For `responses=`: what is refused before a route is asked is a problem, as everywhere."""
