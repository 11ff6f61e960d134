"""Account of GCS, for who examines it: where a bucket is, who answers there, who asks."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

import orjson

from ingenious_storage.backends.account import About, AccountHandle, Identity, Knock, Route
from ingenious_storage.backends.gcs.credentials import load_credentials, translated
from ingenious_storage.backends.gcs.refusals import unusable
from ingenious_storage.backends.gcs.services import service_of
from ingenious_storage.backends.rest.calls import Call, Request
from ingenious_storage.backends.rest.knocking import knock
from ingenious_storage.config.buckets.gcs import GOOGLE
from ingenious_storage.http.client import Client

if TYPE_CHECKING:
    from ingenious_storage.config.buckets.gcs import GcsAccount

_DAY: Final = 86_400


class GcsAccountHandle(AccountHandle):
    """Looks at one service by one of its buckets."""

    service = "Google Cloud Storage"
    endpoint_key = "storage.gcs.endpoint"

    def __init__(self, account: GcsAccount, bucket: str) -> None:
        self._account, self._bucket = account, bucket
        self._client: Client | None = None

    @property
    def url(self) -> str:
        return self._account.endpoint

    @property
    def is_clouds_own(self) -> bool:
        host, own = urlsplit(self.url).hostname or "", urlsplit(GOOGLE).hostname
        return host == own or host.endswith(".googleapis.com")

    def route(self) -> Route:
        return self._opened().route()

    def knock(self) -> Knock:
        """A question about the bucket, without a token."""
        return knock(self._opened(), "GET", f"{_path(self._bucket)}?fields=kind", {})

    def identity(self) -> Identity:
        """google-auth is asked for a token of its own: what it says of itself is shown."""
        if self._account.is_anonymous:
            return Identity("nobody")
        from ingenious_storage.backends.gcs.transport import TokenTransport  # noqa: PLC0415

        credentials, project = load_credentials(self._account)
        with translated():
            credentials.refresh(TokenTransport(self._account))
        email = getattr(credentials, "service_account_email", None) or getattr(
            credentials, "account", None
        )
        told = (("identity", email), ("project", project))
        details = tuple(f"{name} {value}" for name, value in told if value)
        kind = (
            f"{type(credentials).__module__.removeprefix('google.')}.{type(credentials).__name__}"
        )
        expiry = credentials.expiry  # without a zone, in UTC
        ends = None if expiry is None else expiry.replace(tzinfo=UTC)
        return Identity(f"google-auth: {kind}", details, ends, credentials.token)

    def about(self, container: str) -> About:
        found = self._described(container)
        told = (found.get("location"), found.get("storageClass"))
        where = ", ".join(each for each in told if isinstance(each, str))
        return About(f"a bucket in {where}" if where else "a bucket")

    def is_versioned(self, container: str, key: str) -> bool:
        versioning = self._described(container).get("versioning")
        return isinstance(versioning, dict) and versioning.get("enabled") is True

    def soft_delete_days(self, container: str) -> int | None:
        policy = self._described(container).get("softDeletePolicy")
        seconds = policy.get("retentionDurationSeconds", 0) if isinstance(policy, dict) else 0
        try:
            return int(seconds) // _DAY or None
        except (TypeError, ValueError):
            raise unusable(Call("about"), "the days of its soft delete are no number") from None

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    def _described(self, container: str) -> dict[str, Any]:
        call = Call("about")
        query = {"fields": "location,storageClass,versioning,softDeletePolicy"}
        answer = service_of(self._account).send(call, Request("GET", _path(container), query))
        try:
            found = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            raise unusable(call, "it is no description of a bucket")
        return found

    def _opened(self) -> Client:
        if self._client is None:
            account = self._account
            self._client = Client(account.endpoint, timeout=account.timeout, trust=account.trust)
        return self._client


def _path(bucket: str) -> str:
    return f"/storage/v1/b/{quote(bucket, safe='')}"
