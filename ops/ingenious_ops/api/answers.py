"""Answers: stored bytes with their ETag, or 304 to who holds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from ingenious_ops.api.bodies import JSON
from ingenious_ops.api.conditions import is_held
from ingenious_ops.api.etags import etag_of_content

_REVALIDATE: Final = "private, no-cache"
"""Whoever keeps an answer asks before it uses it again; nobody keeps it for others."""


def answered(
    request: Request,
    content: bytes,
    etag: str | None = None,
    *,
    media_type: str = JSON,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer to a read: 304 when who asks holds `etag`; None: that of the content.

    Raises: ConflictError, InvalidRequestError.
    """
    tag = etag or etag_of_content(content)
    more = {"ETag": tag, "Cache-Control": _REVALIDATE, **(headers or {})}
    if is_held(request, tag):
        return Response(status_code=304, headers=more)
    return Response(content, media_type=media_type, headers=more)


def answered_json(request: Request, value: Any, etag: str | None = None) -> Response:
    """The same, of a value that is JSON."""
    return answered(request, orjson.dumps(value), etag)


def changed(
    value: Any, etag: str | None, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """The answer to a change: what it has made, and the ETag that the next one goes on top of."""
    content = orjson.dumps(value)
    tag = etag or etag_of_content(content)
    more = {"ETag": tag, "Cache-Control": "no-store", **(headers or {})}
    return Response(content, status, media_type=JSON, headers=more)
