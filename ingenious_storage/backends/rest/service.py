"""Service: requests of a store, signed and sent; an answer that is no success is an error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ingenious_storage.backends.rest.calls import (
    Call,
    Request,
    UnsignedError,
    failed,
    unanswered,
)
from ingenious_storage.errors import InvalidDataError, StorageError
from ingenious_storage.http.client import SMALL, Client
from ingenious_storage.http.errors import HttpError

if TYPE_CHECKING:
    from ingenious_storage.http.answers import Response, Sink

Sign = Callable[[Request], None]
"""Adds to a request what proves who sends it, also a second time. Raises: StorageError,
UnsignedError.
"""
Refuse = Callable[[Call, "Response"], "StorageError"]
"""The error for an answer that is no success."""
Renew = Callable[[Request, "Response"], bool]
"""Whether a request that was refused is worth signing again: there is another proof now."""
_UNAUTHORIZED: Final = frozenset({401})
Advise = Callable[[str], str | None]
"""What to do when nothing listens at a host, where a store knows better than the network."""


class Service:
    """Sends the requests of one store. Thread-safe."""

    def __init__(
        self,
        client: Client,
        sign: Sign,
        refuse: Refuse,
        *,
        renew: Renew | None = None,
        renewed_at: frozenset[int] = _UNAUTHORIZED,
        advise: Advise | None = None,
    ) -> None:
        self._client, self._sign, self._refuse = client, sign, refuse
        self._renew, self._renewed_at, self._advise = renew, renewed_at, advise

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
        try:
            response = self._exchange(request, limit, sink)
            if (
                response.status in self._renewed_at
                and self._renew is not None
                and self._renew(request, response)
            ):
                response = self._exchange(request, limit, sink)
        except HttpError as error:
            hint = self._advise(error.host) if self._advise is not None and error.host else None
            raise unanswered(call, error, hint=hint) from error
        except UnsignedError as error:
            raise _unsigned(call, error) from error.__cause__
        except StorageError:  # some are ValueErrors
            raise
        except ValueError as error:  # of the request's head
            raise InvalidDataError(
                f"{call.operation}: {error}",
                operation=call.operation,
                key=call.key,
                hint="A content type, a property or a text of the metadata is none for a header.",
            ) from None
        return response

    def signed(self, call: Call, request: Request) -> Request:
        """`request`, to be sent inside another one. Raises: StorageError."""
        try:
            self._sign(request)
        except UnsignedError as error:
            raise _unsigned(call, error) from error.__cause__
        return request

    def _exchange(self, request: Request, limit: int, sink: Sink | None) -> Response:
        self._sign(request)
        return self._client.send(
            request.method,
            request.target,
            request.headers,
            request.body,
            limit=limit,
            sink=sink,
        )


def _unsigned(call: Call, error: UnsignedError) -> StorageError:
    return failed(call, replace(error.rule, outcome_unknown=False), error.told)
