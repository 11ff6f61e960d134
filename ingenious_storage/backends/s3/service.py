"""Service: requests to one bucket, signed and sent; a key that has ended is replaced once."""

from __future__ import annotations

from base64 import b64encode
from hashlib import md5
from typing import TYPE_CHECKING, Final

from ingenious_storage.backends.rest.calls import Call, Request, unanswered
from ingenious_storage.backends.s3.error_codes import EXPIRED
from ingenious_storage.backends.s3.errors import refuse
from ingenious_storage.errors import InvalidDataError
from ingenious_storage.http.client import SMALL
from ingenious_storage.http.errors import HttpError
from ingenious_storage.runtime.unpickled import Unpickled

if TYPE_CHECKING:
    from ingenious_storage.backends.s3.credentials import Credentials
    from ingenious_storage.backends.s3.signing import AccessKey, Signer
    from ingenious_storage.http.answers import Response, Sink
    from ingenious_storage.http.client import Client

_NOTHING: Final[frozenset[int]] = frozenset()


class BucketService(Unpickled):
    """Sends what is asked of one bucket. Thread-safe."""

    def __init__(self, client: Client, signer: Signer, credentials: Credentials) -> None:
        self._client, self._signer, self._credentials = client, signer, credentials
        self._is_secure = client.origin.startswith("https:")

    def digest(self, body: bytes, *, always: bool = False) -> dict[str, str]:
        """The header by which the service sees whether a body arrived whole.

        By TLS the signature leaves the body out; else it has a stronger digest, and this one is
        sent only where the service asks for it `always`.
        """
        if not self._is_secure and not always:
            return {}
        digest = md5(body, usedforsecurity=False).digest()
        return {"content-md5": b64encode(digest).decode()}

    def send(
        self,
        call: Call,
        request: Request,
        *,
        limit: int = SMALL,
        sink: Sink | None = None,
        also: frozenset[int] = _NOTHING,
    ) -> Response:
        """The answer of a success.

        Args:
            limit: bytes that its body may have.
            sink: takes its body piece by piece.
            also: statuses that are an answer too, besides 2xx.

        Raises: StorageError.
        """
        key = self._credentials.get()
        answer = self._exchange(call, request, key, limit, sink)
        if 200 <= answer.status < 300 or answer.status in also:
            return answer
        error = refuse(call, answer)
        if error.service_code in EXPIRED:
            fresh = self._credentials.replace(key)
            if fresh is not key:
                answer = self._exchange(call, request, fresh, limit, sink)
                if 200 <= answer.status < 300 or answer.status in also:
                    return answer
                error = refuse(call, answer)
        raise error

    def close(self) -> None:
        """Close the connections that nobody uses; a later call opens new ones."""
        self._client.close()

    def _exchange(
        self, call: Call, request: Request, key: AccessKey, limit: int, sink: Sink | None
    ) -> Response:
        self._signer.sign(request, key)
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
        except ValueError as error:
            raise InvalidDataError(
                f"{call.operation} {call.key!r}: {error}",
                operation=call.operation,
                key=call.key,
                hint="A content type, a property or a text of the metadata is none for a header.",
            ) from error
