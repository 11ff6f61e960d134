"""Service: requests to one bucket, signed and sent; a key that has ended is replaced once."""

from __future__ import annotations

from base64 import b64encode
from hashlib import md5
from typing import TYPE_CHECKING, Final

from ingenious_storage.backends.rest.calls import Call, Request, UnsignedError
from ingenious_storage.backends.rest.rules import Rule
from ingenious_storage.backends.rest.service import Service
from ingenious_storage.backends.s3.error_codes import EXPIRED
from ingenious_storage.backends.s3.errors import code_of, refuse
from ingenious_storage.errors import AuthenticationError, ConfigurationError
from ingenious_storage.http.client import SMALL
from ingenious_storage.runtime.unpickled import Unpickled

if TYPE_CHECKING:
    from ingenious_storage.backends.s3.sign_in.credentials import Credentials
    from ingenious_storage.backends.s3.sign_in.signing import Signer
    from ingenious_storage.http.answers import Response, Sink
    from ingenious_storage.http.client import Client

_NOTHING: Final[frozenset[int]] = frozenset()
_OF_A_KEY: Final = frozenset({400, 401, 403})
"""Statuses of what is said of a key; S3 has none for that alone."""


class BucketService(Unpickled):
    """Sends what is asked of one bucket. Thread-safe."""

    def __init__(self, client: Client, signer: Signer, credentials: Credentials) -> None:
        self._client, self._signer, self._credentials = client, signer, credentials
        self._service = Service(
            client, self._sign, refuse, renew=self._has_another_key, renewed_at=_OF_A_KEY
        )
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
        answer = self._service.exchange(call, request, limit=limit, sink=sink)
        if 200 <= answer.status < 300 or answer.status in also:
            return answer
        raise refuse(call, answer)

    def close(self) -> None:
        """Close the connections that nobody uses; a later call opens new ones."""
        self._client.close()

    def _sign(self, request: Request) -> None:
        try:
            key = self._credentials.get()
        except (AuthenticationError, ConfigurationError) as error:
            raise UnsignedError(Rule(type(error), error.hint), str(error)) from error
        self._signer.sign(request, key)

    def _has_another_key(self, request: Request, answer: Response) -> bool:
        """Whether another key signs now than the one of `request`, which has ended."""
        if code_of(answer) not in EXPIRED:
            return False
        key = self._credentials.get()
        if f"Credential={key.id}/" not in request.headers["authorization"]:
            return True  # another thread has replaced it
        return self._credentials.replace(key) is not key
