"""Service of GCS: requests with the token that proves who asks, once more with a fresh one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingenious_storage.backends.gcs.credentials import GoogleCredential
from ingenious_storage.backends.gcs.refusals import refusal
from ingenious_storage.backends.rest.service import Service
from ingenious_storage.errors import ConfigurationError, StorageError
from ingenious_storage.http.client import SMALL, Client
from ingenious_storage.runtime.unpickled import Unpickled

if TYPE_CHECKING:
    from ingenious_storage.backends.rest.calls import Call, Request
    from ingenious_storage.config.buckets.gcs import GcsAccount
    from ingenious_storage.http.answers import Response, Sink

_NO_PROJECT = "Set storage.gcs.project to the id of the project that the bucket is to belong to."


class GcsService(Service, Unpickled):
    """One account. Making one does no I/O; it is thread-safe, and safe after a fork.

    Args:
        credential: stands in for that of the account; None for an anonymous one.
    """

    def __init__(self, account: GcsAccount, credential: GoogleCredential | None) -> None:
        client = Client(account.endpoint, timeout=account.timeout, trust=account.trust)
        super().__init__(client, self._prove, refusal, renew=self._replace)
        self._account, self._credential = account, credential
        self.origin = self._client.origin

    def exchange(
        self, call: Call, request: Request, *, limit: int = SMALL, sink: Sink | None = None
    ) -> Response:
        """The answer, whatever its status; a token that was refused is replaced once."""
        try:
            return super().exchange(call, request, limit=limit, sink=sink)
        except StorageError as error:
            if error.operation is None:  # of the credential, which knows no calls
                error.operation, error.key = call.operation, call.key
            raise

    def project(self) -> str:
        """The project of new buckets. Raises: ConfigurationError when nobody names one."""
        found = self._account.project or (self._credential and self._credential.project)
        if not found:
            raise ConfigurationError(
                "storage.gcs.project is not set, and the credential names none", hint=_NO_PROJECT
            )
        return found

    def close(self) -> None:
        """Close connections that nobody uses."""
        self._client.close()

    def _replace(self, request: Request, _answer: Response) -> bool:
        if self._credential is None:
            return False
        self._credential.replace(request.headers["Authorization"])
        return True

    def _prove(self, request: Request) -> None:
        payer = self._account.user_project
        if self._credential is not None:
            request.headers["Authorization"] = self._credential.bearer()
            payer = payer or self._credential.quota_project
        if payer:
            request.headers["X-Goog-User-Project"] = payer
