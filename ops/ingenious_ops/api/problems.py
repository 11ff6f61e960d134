"""Problems: errors as RFC 9457 has them, `application/problem+json` with a stable code."""

from __future__ import annotations

import http
import logging
from collections.abc import Mapping
from typing import Any, Final

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ingenious_ops.api.errors import (
    ForbiddenError,
    InvalidRequestError,
    PreconditionRequiredError,
    UnauthenticatedError,
)
from ingenious_storage import errors
from ingenious_storage.errors import StorageError

MEDIA_TYPE: Final = "application/problem+json"
LOGGER: Final = "ingenious_storage.api"

STATUS: Final[Mapping[type[StorageError], int]] = {
    UnauthenticatedError: 401,
    ForbiddenError: 403,
    PreconditionRequiredError: 428,
    InvalidRequestError: 400,
    errors.NotFoundError: 404,
    errors.ContainerNotFoundError: 404,
    errors.NotModifiedError: 304,
    errors.AlreadyExistsError: 412,
    errors.ConflictError: 412,
    errors.CommitUnknownError: 503,
    errors.InvalidDataError: 422,
    errors.InvalidKeyError: 422,
    errors.ObjectTooLargeError: 413,
    errors.ThrottledError: 503,
    errors.UnavailableError: 503,
    errors.OperationTimeoutError: 504,
}
"""The status of each error and of those that derive from it; of all others it is 500."""


def status_of(error: StorageError) -> int:
    """The HTTP status of an error of the library or of the API."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def problem(status: int, code: str, detail: str, **more: Any) -> Response:
    """An answer that says what is wrong, by code and in words."""
    title = http.HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail}
    content = orjson.dumps({**body, **more})
    return Response(content, status, media_type=MEDIA_TYPE)


def handle_problems(app: FastAPI) -> None:
    """Make every error of `app` a problem."""
    app.add_exception_handler(StorageError, _storage_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _fault)


async def _storage_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, StorageError)
    status = status_of(error)
    answer = problem(status, error.code, error.message, hint=error.hint)
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after is not None:
        answer.headers["Retry-After"] = str(max(1, round(error.retry_after)))
    return answer


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # What was sent is not repeated: it may be a secret, and NaN in it could not be written.
    found = [{"at": [*map(str, one["loc"])], "problem": one["msg"]} for one in error.errors()]
    return problem(422, "invalid_request", "the request does not fit /openapi.json", errors=found)


async def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = http.HTTPStatus(error.status_code).name.lower()
    answer = problem(error.status_code, code, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


async def _fault(_request: Request, error: Exception) -> Response:
    logging.getLogger(LOGGER).error("a request met a fault of this program", exc_info=error)
    return problem(500, "internal_error", "this program is at fault; its log says more")
