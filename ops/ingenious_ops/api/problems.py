"""Problems: errors as RFC 9457 has them, `application/problem+json` with a stable code."""

from __future__ import annotations

import http
import logging
import math
from collections.abc import Mapping
from typing import Any, Final

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ingenious_ops.api import request_ids
from ingenious_ops.api.methods import allowed
from ingenious_ops.api.statuses import status_of
from ingenious_ops.api.telemetry import count_refusal
from ingenious_storage.errors import (
    CommitUnknownError,
    IdempotencyKeyReusedError,
    MemoryNotFoundError,
    StorageError,
)

MEDIA_TYPE: Final = "application/problem+json"
LOGGER: Final = "ingenious_storage.api"
_SHOWN: Final = 20
"""Faults of one request that are listed."""
_LENGTH: Final = 200
_OURS: Final = {
    500: "the service is at fault, or its set-up",
    503: "the store does not serve this now",
    504: "the store gave no answer in time",
}
"""What is said where the error's own words name hosts, accounts or containers."""
_SEARCH: Final = {
    "index_missing": (
        "the server has no index to search in yet",
        "`ingenious-storage index sync` on its machine makes one, and so does the console.",
    ),
    "plain_index_refused": (
        "there is no search here: what is stored is encrypted, and an index would not be",
        "Where the disk of the server may hold the text, set storage.catalogue.plain_index.",
    ),
}
"""What is said of a search, and the next step: the error's own words name a file of the server."""
_HINTS: Final = {
    MemoryNotFoundError.default_hint: "Check the id; `restore` brings a deleted one back.",
    IdempotencyKeyReusedError.default_hint: "Take a new Idempotency-Key for each change; send the "
    "same one only to repeat it.",
}
"""The next step over HTTP, where that of the library is one in a program."""
_NOWHERE: Final = "/openapi.json has all paths. A slash at the end is another path."
_AGAIN: Final = "Send the same request again in a moment."
_TELL: Final = "Tell whoever runs the service the request_id: its log says more."
_log: Final = logging.getLogger(LOGGER)


def problem(status: int, code: str, detail: str, **more: Any) -> Response:
    """An answer that says what is wrong, by code and in words."""
    if status == 304:
        return Response(status_code=304)
    body = {
        "type": "about:blank",
        "title": http.HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": _written(detail),
        **more,
        "request_id": request_ids.current.get(),
    }
    return Response(orjson.dumps(body), status, media_type=MEDIA_TYPE)


def problem_of(error: StorageError, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to a request, with these headers, that met `error`."""
    count_refusal(error)
    status = status_of(error, headers or {})
    if status >= 500:
        answer = _our_fault(error, status)
    else:
        usual = error.message, _HINTS.get(error.hint, error.hint)
        detail, hint = _SEARCH.get(error.code, usual)
        answer = problem(status, error.code, detail, hint=_written(hint))
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if (seconds := _retry_after(error, status)) is not None:
        answer.headers["Retry-After"] = str(seconds)
    return answer


def fault(error: Exception) -> Response:
    """The answer where this program is wrong; its log says how."""
    _log.error("request %s met a fault", request_ids.current.get(), exc_info=error)
    return problem(500, "internal_error", "this program is at fault", hint=_TELL)


def handle_problems(app: FastAPI) -> None:
    """Make every error of `app` a problem."""
    app.add_exception_handler(StorageError, _storage_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)


def _our_fault(error: StorageError, status: int) -> Response:
    _log.log(
        logging.WARNING if error.retryable else logging.ERROR,
        "request %s met %s: %s",
        request_ids.current.get(),
        error.code,
        error.message,
    )
    if isinstance(error, CommitUnknownError) or error.outcome_unknown:
        hint = "It may have landed: look, or send it again with the same Idempotency-Key."
        return problem(status, error.code, _OURS[status], hint=hint, outcome_unknown=True)
    usual = (_OURS[status], _AGAIN if error.retryable else _TELL)
    detail, hint = _SEARCH.get(error.code, usual)
    return problem(status, error.code, detail, hint=hint)


def _retry_after(error: StorageError, status: int) -> int | None:
    if error.retry_after is not None:
        return max(1, math.ceil(error.retry_after))
    return 1 if status in (429, 503) and error.retryable else None


async def _storage_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, StorageError)
    return problem_of(error, request.headers)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # What was sent is not repeated: it may be a secret, and NaN in it could not be written.
    found = [
        {"at": [_written(str(each)) for each in one["loc"]], "problem": _written(one["msg"])}
        for one in error.errors()[:_SHOWN]
    ]
    status = 400 if any(one["type"] == "json_invalid" for one in error.errors()) else 422
    detail = "the request does not fit /openapi.json"
    return problem(status, "invalid_request", detail, errors=found)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = http.HTTPStatus(error.status_code).name.lower()
    if error.status_code == 404:
        answer = problem(404, code, str(error.detail), hint=_NOWHERE)
    else:
        answer = problem(error.status_code, code, str(error.detail))
    answer.headers.update(error.headers or {})
    if error.status_code == 405:
        answer.headers["Allow"] = ", ".join(allowed(request.scope))
    return answer


def _written(text: str) -> str:
    """`text`, short, without what no answer can carry."""
    return text.encode("utf-8", "backslashreplace").decode()[:_LENGTH]
