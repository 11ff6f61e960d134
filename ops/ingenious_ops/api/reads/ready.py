"""Ready answers: their headers were made for an earlier request, and are kept with what is held."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fastapi import Request
from starlette.responses import Response

from ingenious_ops.api.reads.held import HeldSet

_KEPT: Final = 4
"""Kinds of answers for each file; a host can be asked for its prefix in many spellings."""


class _Ready(Response):
    def __init__(self, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        self.status_code, self.background = 200, None
        self.body, self.raw_headers = body, [*headers]  # layers add theirs


def ready(
    request: Request,
    found: HeldSet,
    kind: tuple[str, ...],
    body: bytes,
    make: Callable[[], Response],
) -> Response:
    """The answer 200 with `body`, a state of a file of `found`.

    Args:
        kind: what the headers belong to, `request` apart.
        make: the same answer from the beginning: for a request with a condition too.
    """
    if any(name.startswith(b"if-") for name, _ in request.scope["headers"]):
        return make()
    headers = found.headers.get(kind)
    if headers is not None:
        return _Ready(body, headers)
    answer = make()
    if len(found.headers) < _KEPT * len(found.files):
        found.headers[kind] = [*answer.raw_headers]
    return answer
