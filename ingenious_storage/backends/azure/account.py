"""An account as such, for who examines it: an application needs its containers only."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

import requests
from azure.core.rest import HttpRequest

from ingenious_storage.backends.azure.clients import (
    AccountClient,
    acquire_client,
    release_client,
)
from ingenious_storage.backends.azure.credentials import SharedToken
from ingenious_storage.backends.azure.errors import translated
from ingenious_storage.backends.azure.transport import make_session, make_transport
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.runtime.unpickled import Unpickled, Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ingenious_storage.config.azure.account import AzureAccount

_SCOPE: Final = "https://storage.azure.com/.default"
# Unsigned; from this version on the service names the tenant that it trusts in its refusal.
_KNOCK: Final = "restype=account&comp=properties"
_KNOCK_VERSION: Final = "2021-12-02"


@dataclass(frozen=True, slots=True)
class Route(Value):
    """How requests to an account travel, by the environment of this process."""

    proxy: str | None
    """Its URL, which may hold a password."""
    ca_file: str
    """The file, or folder, of the authorities that are trusted."""


@dataclass(frozen=True, slots=True)
class Knock:
    """What answered an unsigned request. Names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    asked_at: datetime
    """By this machine's clock, half-way between request and answer."""

    @property
    def date(self) -> datetime | None:
        """The clock of what answered, to the second."""
        try:
            return parsedate_to_datetime(self.headers["date"]).astimezone(UTC)
        except (KeyError, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class Token(Value):
    """A bearer token of an identity."""

    source: str
    """The credential of azure-identity that gave it."""
    text: str = field(repr=False)
    expires_at: datetime


class AzureAccountHandle(Unpickled):
    """Asks what `AzureBlobBackend` does not; it shares that backend's client and credential.

    Making one does no I/O. Methods raise as a backend's do.
    """

    def __init__(self, account: AzureAccount) -> None:
        self._account = account
        self._held: AccountClient | None = None

    def route(self) -> Route:
        """Raises: ConfigurationError when the CA file that the environment names is not there."""
        with self._session() as session:
            trusted = session.verify
            return Route(
                requests.utils.select_proxy(self._account.account_url, session.proxies),
                trusted if isinstance(trusted, str) else requests.utils.DEFAULT_CA_BUNDLE_PATH,
            )

    def knock(self) -> Knock:
        """One unsigned request, which every service refuses in its own way."""
        url = f"{self._account.account_url}/?{_KNOCK}"
        request = HttpRequest("GET", url, headers={"x-ms-version": _KNOCK_VERSION})
        with self._session() as session, translated("knock"):
            transport = make_transport(session, timeout=self._account.timeout)
            began = time.time()
            answer: Any = transport.send(request)
            asked_at = datetime.fromtimestamp((began + time.time()) / 2, UTC)
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Knock(answer.status_code, headers, asked_at)

    def token(self) -> Token:
        """The token that requests are sent with. Raises: ConfigurationError where a key signs."""
        credential = self._client().credential
        if not isinstance(credential, SharedToken):
            raise ConfigurationError(f"credential {self._account.credential} needs no token")
        with translated("token"):
            token = credential.get_token(_SCOPE)
        return Token(credential.source, token.token, datetime.fromtimestamp(token.expires_on, UTC))

    def information(self) -> dict[str, Any]:
        """`sku_name`, `account_kind`, `is_hns_enabled`."""
        with translated("account_information"):
            return dict(self._client().service.get_account_information())

    def soft_delete_days(self) -> int | None:
        """How long the account keeps deleted blobs; None when it does not."""
        with translated("service_properties"):
            policy: Any = self._client().service.get_service_properties()["delete_retention_policy"]
            return policy.days if policy.enabled else None

    def is_versioned(self, container: str, key: str) -> bool:
        """Whether the account keeps versions, told by a blob that was just written."""
        with translated("head", key):
            blob = self._client().service.get_blob_client(container, key)
            return blob.get_blob_properties().version_id is not None

    def close(self) -> None:
        """Give the client back; more than once is fine."""
        held, self._held = self._held, None
        if held is not None:
            release_client(self._account)

    def _client(self) -> AccountClient:
        if self._held is None:
            self._held = acquire_client(self._account)
        return self._held

    @contextmanager
    def _session(self) -> Iterator[requests.Session]:
        with make_session(self._account.account_url) as session:
            yield session
