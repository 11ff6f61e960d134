"""Routing: routes whose errors are pages, and where a path leads nowhere."""

from __future__ import annotations

import http
import logging
from collections.abc import Callable, Coroutine
from contextlib import nullcontext
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from ingenious_ops.api import request_ids
from ingenious_ops.api.context import context_of
from ingenious_ops.api.identity.transport import root_of
from ingenious_ops.api.problems import LOGGER
from ingenious_ops.api.statuses import status_of
from ingenious_ops.api.telemetry import count_refusal
from ingenious_ops.console.links import HOME, here
from ingenious_ops.console.rendering import page
from ingenious_storage import deadline
from ingenious_storage.errors import StorageError

_TITLES: Final = {
    400: "This request means nothing",
    401: "Please sign in",
    403: "You may not do this",
    404: "There is nothing here",
    409: "Somebody was faster",
    412: "Somebody was faster",
    413: "This is too large",
    422: "This cannot be stored",
    428: "Please look at it first",
    503: "The store does not answer",
    504: "The store takes too long",
}
_HINTS: Final = {
    "memory_not_found": "Ids are compared exactly, with capitals and spaces. The list of "
    "conversations and the search show those that there are; a deleted one is in neither.",
    "prompt_not_found": "The pages of prompt sets and of labels show those that there are.",
    "invalid_request": "Open the page again from the overview.",
}
"""The next step on these pages, where that of the library is one in a program."""
_PATIENCE: Final = 20
"""Seconds that a page to look at may take: then whoever waits is told, and can go elsewhere. What
changes something has all of `api.request_timeout`: to end it early would leave its outcome open."""
_FAULT: Final = "This program is at fault; its log says more."


class PageRoute(APIRoute):
    """A route of the console: what it raises becomes a page with the code and the next step."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                with deadline(_PATIENCE) if request.method == "GET" else nullcontext():
                    return await handle(request)
            except StorageError as error:
                return _storage_error(request, error)
            except RequestValidationError as error:
                names = ", ".join(sorted({str(one["loc"][-1]) for one in error.errors()}))
                detail = f"These fields are missing or cannot be read: {names}."
                return problem_page(request, 422, "invalid_request", detail)
            except HTTPException as error:
                return _http_error(request, error)
            except Exception:  # the last one to tell a person of it
                logging.getLogger(LOGGER).exception("a page met a fault of this program")
                return problem_page(request, 500, "internal_error", _FAULT)

        return answer


def pages_router() -> APIRouter:
    """A router for pages below `/console`."""
    return APIRouter(prefix=HOME, route_class=PageRoute, include_in_schema=False)


def problem_page(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    hint: str = "",
    retryable: bool = False,
) -> Response:
    """A page that says what is wrong, by code and in words, and what to do next."""
    title = _TITLES.get(status, http.HTTPStatus(status).phrase)
    return page(
        request,
        "problem.html",
        context_of(request).sessions.principal(request),
        status=status,
        title=title,
        code=code,
        detail=detail,
        hint=hint,
        retryable=retryable,
        here=here(request),
        request_id=request_ids.current.get(),
    )


async def home(request: Request) -> Response:
    """For the address that `serve` prints: a person opens it, and no route of the API is there."""
    return RedirectResponse(root_of(request) + HOME, 307)


async def nowhere(request: Request) -> Response:
    """For a path that no page has; of the home with a slash behind it, the home."""
    if not request.path_params["rest"]:
        return RedirectResponse(root_of(request) + HOME, 307)
    detail = f"There is no page {request.url.path}."
    return problem_page(request, 404, "not_found", detail)


def _storage_error(request: Request, error: StorageError) -> Response:
    count_refusal(error)
    status = status_of(error, request.headers)
    hint = _HINTS.get(error.code, error.hint)
    if error.outcome_unknown:
        hint = f"It may have landed all the same: look at the history first. {hint}"
    retryable = error.retryable and request.method == "GET"
    answer = problem_page(
        request, status, error.code, error.message, hint=hint, retryable=retryable
    )
    if error.retry_after is not None:
        answer.headers["Retry-After"] = str(max(1, round(error.retry_after)))
    return answer


def _http_error(request: Request, error: HTTPException) -> Response:
    if error.status_code < 400:  # to another page
        return Response(status_code=error.status_code, headers=error.headers)
    code = http.HTTPStatus(error.status_code).name.lower()
    answer = problem_page(request, error.status_code, code, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer
