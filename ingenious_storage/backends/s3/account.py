"""Account of S3, for who examines it: where a bucket is, who answers there, who signs."""

from __future__ import annotations

import math
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ingenious_storage.backends.account import About, AccountHandle, Identity, Knock, Route
from ingenious_storage.backends.rest.calls import Call, Request, quoted
from ingenious_storage.backends.rest.knocking import knock
from ingenious_storage.backends.s3.addresses import Address, address_of, is_aws
from ingenious_storage.backends.s3.bucket import Bucket, trust_of
from ingenious_storage.backends.s3.errors import refuse
from ingenious_storage.backends.s3.sign_in.credentials import credentials_of, region_of
from ingenious_storage.http.client import Client

if TYPE_CHECKING:
    from ingenious_storage.config.buckets.s3 import S3Account
    from ingenious_storage.http.answers import Response


class S3AccountHandle(AccountHandle):
    """Looks at one service by one of its buckets."""

    service = "S3"
    endpoint_key = "storage.s3.endpoint"

    def __init__(self, account: S3Account, bucket: str) -> None:
        self._account, self._name = account, bucket
        self._credentials = credentials_of(account)
        self._client: Client | None = None

    @property
    def url(self) -> str:
        return self._address.origin

    @property
    def is_clouds_own(self) -> bool:
        return is_aws(self._account)

    def route(self) -> Route:
        return self._opened().route()

    def knock(self) -> Knock:
        """A HeadBucket: AWS tells the bucket's region to everybody."""
        return knock(self._opened(), "HEAD", self._address.path, {})

    def identity(self) -> Identity:
        key = self._credentials.get()
        kind = "temporary key" if key.token else "key"
        ends = self._credentials.ends
        until = None if ends == math.inf else datetime.fromtimestamp(ends, UTC)
        return Identity(self._credentials.source, (f"{kind} {key.id}",), until)

    def about(self, container: str) -> About:
        answer = self._head(container, None)
        region = answer.headers.get("x-amz-bucket-region")
        return About(f"a bucket in {region}" if region else "a bucket")

    def is_versioned(self, container: str, key: str) -> bool:
        version = self._head(container, key).headers.get("x-amz-version-id")
        return version not in {None, "null"}

    def soft_delete_days(self, container: str) -> None:
        """S3 has none: versions are what brings back."""

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    def _head(self, container: str, key: str | None) -> Response:
        call = Call("about", key)
        with closing(Bucket(self._account, container)) as bucket:
            opened = bucket.opened()
            request = Request("HEAD", opened.root + quoted(key or ""))
            answer = opened.service.send(call, request, also=frozenset({403, 404}))
        if answer.status >= 300:
            raise refuse(call, answer)
        return answer

    @property
    def _address(self) -> Address:
        region = region_of(self._account, self._credentials)
        return address_of(self._account, self._name, region)

    def _opened(self) -> Client:
        if self._client is None:
            account = self._account
            self._client = Client(self.url, timeout=account.timeout, trust=trust_of(account))
        return self._client
