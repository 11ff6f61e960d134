"""An account as such, for who examines it: an application needs its containers only."""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import requests
from azure.core.rest import HttpRequest

from ingenious_storage.backends.account import About, AccountHandle, Identity, Knock, Route
from ingenious_storage.backends.azure.credentials import SharedToken
from ingenious_storage.backends.azure.sdk.clients import CLIENTS, AccountClient
from ingenious_storage.backends.azure.sdk.errors import translated
from ingenious_storage.backends.azure.sdk.transport import make_session, make_transport
from ingenious_storage.backends.rest.sharing import Share
from ingenious_storage.config.azure.endpoint import AZURE_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingenious_storage.config.azure.account import AzureAccount

_SCOPE: Final = "https://storage.azure.com/.default"
# Unsigned; from this version on the service names the tenant that it trusts in its refusal.
_KNOCK: Final = "restype=account&comp=properties"
_KNOCK_VERSION: Final = "2021-12-02"


class AzureAccountHandle(AccountHandle):
    """Asks what `AzureBlobBackend` does not; it shares that backend's client and credential."""

    service = "Azure Blob Storage"
    endpoint_key = "storage.endpoint"

    def __init__(self, account: AzureAccount) -> None:
        self._account = account
        self._share = Share(CLIENTS, (account, None))

    @property
    def url(self) -> str:
        return self._account.account_url

    @property
    def is_clouds_own(self) -> bool:
        return (urlsplit(self.url).hostname or "").endswith(AZURE_SUFFIXES)

    def route(self) -> Route:
        with self._session() as session:
            trusted = session.verify
            return Route(
                requests.utils.select_proxy(self._account.account_url, session.proxies),
                trusted if isinstance(trusted, str) else requests.utils.DEFAULT_CA_BUNDLE_PATH,
            )

    def knock(self) -> Knock:
        url = f"{self._account.account_url}/?{_KNOCK}"
        request = HttpRequest("GET", url, headers={"x-ms-version": _KNOCK_VERSION})
        with self._session() as session, translated("knock"):
            transport = make_transport(session, timeout=self._account.timeout)
            began = time.time()
            answer: Any = transport.send(request)
            asked_at = datetime.fromtimestamp((began + time.time()) / 2, UTC)
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Knock(answer.status_code, headers, asked_at)

    def identity(self) -> Identity:
        credential = self._client().credential
        if not isinstance(credential, SharedToken):
            return Identity(self._account.credential.value)
        with translated("token"):
            token = credential.get_token(_SCOPE)
        ends = datetime.fromtimestamp(token.expires_on, UTC)
        return Identity(credential.source, expires_at=ends, token=token.token)

    def about(self, container: str) -> About:
        with translated("account_information"):
            found = self._client().service.get_account_information()
        is_tree = bool(found.get("is_hns_enabled"))
        note = ", with a hierarchical namespace" if is_tree else ""
        return About(f"{found.get('account_kind')}, {found.get('sku_name')}{note}", not is_tree)

    def soft_delete_days(self, container: str) -> int | None:
        with translated("service_properties"):
            policy: Any = self._client().service.get_service_properties()["delete_retention_policy"]
            return policy.days if policy.enabled else None

    def is_versioned(self, container: str, key: str) -> bool:
        with translated("head", key):
            blob = self._client().service.get_blob_client(container, key)
            return blob.get_blob_properties().version_id is not None

    def close(self) -> None:
        self._share.close()

    def _client(self) -> AccountClient:
        return self._share.get()

    @contextmanager
    def _session(self) -> Iterator[requests.Session]:
        with make_session(self._account.account_url, self._account.trust) as session:
            yield session
