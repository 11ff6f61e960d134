"""One container's way to its account: requests to it and to its blobs, and their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from ingenious_storage.backends.azure.native.account import ACCOUNTS
from ingenious_storage.backends.rest.calls import Call, Request, quoted
from ingenious_storage.backends.rest.sharing import Share
from ingenious_storage.http.client import SMALL
from ingenious_storage.runtime.unpickled import Unpickled

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from ingenious_storage.backends.rest.service import Service
    from ingenious_storage.config.azure.account import AzureAccount
    from ingenious_storage.http.answers import Response, Sink

VERSION: Final = "2021-12-02"
"""Of the REST API: encodes names that XML cannot hold (since 2021-02-12), takes blobs of 5,000 MiB
in one request, and names the tenant in a refusal. A newer one brings nothing that is used here,
and emulators that are older than it refuse.
"""


class Container(Unpickled):
    """Sends what a backend asks. An account is opened by the first request."""

    def __init__(
        self, account: AzureAccount, name: str, credential: TokenCredential | None
    ) -> None:
        self._share = Share(ACCOUNTS, (account, credential))
        self._path = f"{urlsplit(account.account_url).path}/{quote(name, safe='~')}"
        self._blobs = f"{self._path}/"

    @property
    def service(self) -> Service:
        """Of the account, in this process."""
        return self._share.get().service

    def close(self) -> None:
        """Give the account back; more than once is fine."""
        self._share.close()

    def send(
        self, call: Call, request: Request, *, limit: int = SMALL, sink: Sink | None = None
    ) -> Response:
        """As the service's."""
        return self._share.get().service.send(call, request, limit=limit, sink=sink)

    def of_blob(
        self,
        method: str,
        key: str,
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> Request:
        """A request to a blob."""
        given = {"x-ms-version": VERSION}
        if headers:
            given |= headers
        return Request(method, self._blobs + quoted(key), query or {}, given, body)

    def of_itself(self, method: str, query: dict[str, str]) -> Request:
        """A request to the container."""
        query = {"restype": "container", **query}
        return Request(method, self._path, query, {"x-ms-version": VERSION})

    def inside(self, call: Call, method: str, key: str) -> Request:
        """A signed request to a blob that travels inside another one, which has the version."""
        return self.service.signed(call, Request(method, self._blobs + quoted(key)))
