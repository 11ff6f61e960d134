"""Service: requests of a store, signed and sent; an answer that is no success is an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ingenious_storage.backends.rest.calls import Call, Request, unanswered
from ingenious_storage.http.client import SMALL, Client
from ingenious_storage.http.errors import HttpError

if TYPE_CHECKING:
    from ingenious_storage.errors import StorageError
    from ingenious_storage.http.answers import Response, Sink

Sign = Callable[[Request], None]
"""Adds to a request what proves who sends it. Raises: StorageError."""
Refuse = Callable[[Call, "Response"], "StorageError"]
"""The error for an answer that is no success."""


class Service:
    """Sends the requests of one store. Thread-safe."""

    def __init__(self, client: Client, sign: Sign, refuse: Refuse) -> None:
        self._client, self._sign, self._refuse = client, sign, refuse

    def send(
        self, call: Call, request: Request, *, limit: int = SMALL, sink: Sink | None = None
    ) -> Response:
        """The answer of a success, 2xx. Raises: StorageError."""
        response = self.exchange(call, request, limit=limit, sink=sink)
        if 200 <= response.status < 300:
            return response
        raise self._refuse(call, response)

    def exchange(
        self, call: Call, request: Request, *, limit: int = SMALL, sink: Sink | None = None
    ) -> Response:
        """The answer, whatever its status. Raises: StorageError when there is none."""
        self._sign(request)
        try:
            return self._client.send(
                request.method,
                request.target,
                request.headers,
                request.body,
                limit=limit,
                sink=sink,
            )
        except HttpError as error:
            raise unanswered(call, error) from error
