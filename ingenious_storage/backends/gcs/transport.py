"""Transport of google-auth: its requests for tokens, on this library's own HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from google.auth.exceptions import TransportError

from ingenious_storage.http.client import Client
from ingenious_storage.http.errors import HttpError
from ingenious_storage.http.trust import Trust
from ingenious_storage.runtime.unpickled import Unpickled

if TYPE_CHECKING:
    from ingenious_storage.config.buckets.gcs import GcsAccount

_CLIENTS: Final = 8
"""Places that one credential asks at, an identity provider and Google's own among them."""

_RESOURCE_MANAGER: Final = "https://cloudresourcemanager.googleapis.com/"
_LENGTH: Final = "content-length"


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """`google.auth.transport.Response`."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class TokenTransport(Unpickled):
    """`google.auth.transport.Request`, with the timeout and the CA file of an account."""

    def __init__(self, account: GcsAccount) -> None:
        self._seconds = account.timeout
        trust = Trust(account.trust.ca_file)  # the certificate of this side is for the store
        self._client = lru_cache(_CLIENTS)(partial(_client, trust))

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        **options: Any,
    ) -> TokenAnswer:
        """Send one request. Raises: TransportError."""
        if asked := [name for name, value in options.items() if value is not None]:
            raise _failed(f"not supported by this transport: {', '.join(asked)}")
        parts = urlsplit(url)
        target = parts._replace(scheme="", netloc="", path=parts.path or "/", fragment="").geturl()
        content = body.encode() if isinstance(body, str) else body or b""
        sent = {name: value for name, value in (headers or {}).items() if name.lower() != _LENGTH}
        try:
            client = self._client(f"{parts.scheme}://{parts.netloc}", timeout or self._seconds)
            answer = client.send(method, target, sent, content)
        except (HttpError, ValueError) as error:
            raise _failed(f"no answer from {parts.hostname}: {error}") from error
        return TokenAnswer(answer.status, answer.headers, answer.body)


class LoadingTransport(TokenTransport):
    """That of who looks for a credential: what google-auth would like to know of an external
    account's project is left open, as another service would have to be within reach for it.
    """

    def __call__(self, url: str, *arguments: Any, **options: Any) -> TokenAnswer:
        """Send one request. Raises: TransportError."""
        if url.startswith(_RESOURCE_MANAGER):
            return TokenAnswer(404, {}, b"{}")
        return super().__call__(url, *arguments, **options)


def _client(trust: Trust, origin: str, seconds: float) -> Client:
    return Client(origin, timeout=seconds, trust=trust)


def _failed(problem: str) -> TransportError:
    make: Callable[[str], TransportError] = TransportError
    return make(problem)
