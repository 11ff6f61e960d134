"""An account as such, for who examines it, on the way that `AzureBlobBackend` takes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn
from urllib.parse import urlsplit
from xml.parsers import expat

from ingenious_storage.backends.account import About, AccountHandle, Identity, Knock, Route
from ingenious_storage.backends.azure.native.account import ACCOUNTS
from ingenious_storage.backends.azure.native.container import VERSION
from ingenious_storage.backends.rest.calls import (
    Call,
    Request,
    UnsignedError,
    failed,
    quoted,
    unusable,
)
from ingenious_storage.backends.rest.knocking import knock
from ingenious_storage.backends.rest.sharing import Share
from ingenious_storage.config.azure.endpoint import AZURE_SUFFIXES

if TYPE_CHECKING:
    from ingenious_storage.config.azure.account import AzureAccount
    from ingenious_storage.http.answers import Response

_KNOCK: Final = "restype=account&comp=properties"


class NativeAccountHandle(AccountHandle):
    """Asks what a backend does not; it shares connections and credential with the backends."""

    service = "Azure Blob Storage"
    endpoint_key = "storage.endpoint"

    def __init__(self, account: AzureAccount) -> None:
        self._account = account
        self._share = Share(ACCOUNTS, (account, None))
        self._path = urlsplit(account.account_url).path

    @property
    def url(self) -> str:
        return self._account.account_url

    @property
    def is_clouds_own(self) -> bool:
        return (urlsplit(self.url).hostname or "").endswith(AZURE_SUFFIXES)

    def route(self) -> Route:
        return self._share.get().client.route()

    def knock(self) -> Knock:
        """An account's properties, unsigned: the refusal names the tenant that is trusted."""
        client = self._share.get().client
        return knock(client, "GET", f"{self._path}/?{_KNOCK}", {"x-ms-version": VERSION})

    def identity(self) -> Identity:
        bearer = self._share.get().bearer
        if bearer is None:
            return Identity(self._account.credential.value)
        try:
            token = bearer.token()
        except UnsignedError as error:
            raise failed(Call("token"), error.rule, error.told) from error.__cause__
        ends = datetime.fromtimestamp(token.expires_on, UTC)
        return Identity(bearer.source, expires_at=ends, token=token.token)

    def about(self, container: str) -> About:
        query = {"restype": "account", "comp": "properties"}
        found = self._ask("account_information", "GET", "/", query).headers
        is_tree = found.get("x-ms-is-hns-enabled") == "true"
        note = ", with a hierarchical namespace" if is_tree else ""
        kind, sku = found.get("x-ms-account-kind"), found.get("x-ms-sku-name")
        return About(f"{kind}, {sku}{note}", not is_tree)

    def soft_delete_days(self, container: str) -> int | None:
        call = "service_properties"
        answer = self._ask(call, "GET", "/", {"restype": "service", "comp": "properties"})
        try:
            policy = _policy(answer.body)
            return int(policy["Days"]) if policy.get("Enabled") == "true" else None
        except (KeyError, ValueError, expat.ExpatError) as error:
            raise unusable(Call(call), f"no retention policy: {error}") from None

    def is_versioned(self, container: str, key: str) -> bool:
        answer = self._ask("head", "HEAD", f"/{container}/{quoted(key)}", {}, key)
        return "x-ms-version-id" in answer.headers

    def close(self) -> None:
        self._share.close()

    def _ask(
        self, operation: str, method: str, path: str, query: dict[str, str], key: str | None = None
    ) -> Response:
        request = Request(method, self._path + path, query, {"x-ms-version": VERSION})
        return self._share.get().service.send(Call(operation, key), request)


def _policy(body: bytes) -> dict[str, str]:
    """The values of the element DeleteRetentionPolicy."""
    found: dict[str, str] = {}
    open_now: list[str] = []

    def end(_name: str) -> None:
        open_now.pop()

    def text(value: str) -> None:
        if "DeleteRetentionPolicy" in open_now:
            found[open_now[-1]] = value

    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, _: open_now.append(name)
    parser.EndElementHandler, parser.CharacterDataHandler = end, text
    parser.StartDoctypeDeclHandler = _refuse
    parser.Parse(body, True)  # noqa: FBT003  # it is the last of it
    return found


def _refuse(*_: Any) -> NoReturn:
    raise ValueError("it has a document type")
