"""Bucket: where one is, who signs, and what its service does with conditions."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ingenious_storage.backends.rest.calls import Call, Request, quoted
from ingenious_storage.backends.rest.sharing import Share, Shared
from ingenious_storage.backends.s3.addresses import address_of, check_bucket, is_aws, place_of
from ingenious_storage.backends.s3.limits import LIMITS
from ingenious_storage.backends.s3.preconditions import Preconditions
from ingenious_storage.backends.s3.service import BucketService
from ingenious_storage.backends.s3.sign_in.credentials import credentials_of, region_of
from ingenious_storage.backends.s3.sign_in.signing import Signer
from ingenious_storage.backends.s3.xml import document, element
from ingenious_storage.http.client import Client
from ingenious_storage.runtime import forks
from ingenious_storage.runtime.unpickled import Unpickled

if TYPE_CHECKING:
    from ingenious_storage.config.buckets.s3 import S3Account
    from ingenious_storage.http.trust import Trust

_SHORT: Final = 256
"""Characters that a key of any kind may have: none has more than four bytes."""
_WITHOUT_CONSTRAINT: Final = frozenset({"us-east-1", "auto"})
"""The regions that are not named when a bucket is made."""


def check_key(operation: str, key: str) -> None:
    """Raises: InvalidKeyError for a key that S3 has no room for."""
    problem = LIMITS.refusal(key)
    if problem is not None:
        problem.operation = operation
        raise problem


@dataclass(frozen=True, slots=True)
class Opened:
    """What requests to a bucket need."""

    service: BucketService
    root: str
    """What stands before a key in a path; it ends with a slash."""
    region: str

    def close(self) -> None:
        """Close the connections that nobody uses."""
        self.service.close()


class Bucket(Unpickled):
    """One bucket of one service. Its connections are shared with the process's other users of it.

    Making one does no I/O; its first use reads files of AWS, where no key is given. Thread-safe.

    Raises: ConfigurationError for a name that no bucket can have.
    """

    def __init__(self, account: S3Account, name: str) -> None:
        check_bucket(name)
        self.place = place_of(account, name)
        self.preconditions = _preconditions(self.place, is_trusted=is_aws(account))
        """What this process knows of its service's conditions."""
        self._share = Share(_shared, (account, name))
        self.opened = self._share.get
        """Raises: ConfigurationError when nothing names the region."""

    def path(self, call: Call) -> str:
        """The path of the key of `call`. Raises: InvalidKeyError."""
        key = call.key or ""
        if len(key) > _SHORT:
            check_key(call.operation, key)
        return self.opened().root + quoted(key)

    def creation(self) -> Request:
        """The request that makes the bucket."""
        opened = self.opened()
        body = b""
        if opened.region not in _WITHOUT_CONSTRAINT:
            where = element("LocationConstraint", text=opened.region)
            body = document("CreateBucketConfiguration", where)
        headers = {"content-type": "application/xml", **opened.service.digest(body)}
        return Request("PUT", opened.root, {}, headers, body)

    def close(self) -> None:
        """Give the connections back; a later call opens them again."""
        self._share.close()


def _open(key: tuple[S3Account, str]) -> Opened:
    account, name = key
    credentials = credentials_of(account)
    region = region_of(account, credentials)
    address = address_of(account, name, region)
    client = Client(address.origin, timeout=account.timeout, trust=trust_of(account))
    signer = Signer(region, address.host, is_secure=address.is_secure)
    return Opened(BucketService(client, signer, credentials), address.path, region)


_shared: Final = Shared(_open)


def trust_of(account: S3Account) -> Trust:
    """AWS's own variable counts before those that every store reads, as with botocore."""
    ca_file = account.trust.ca_file or os.environ.get("AWS_CA_BUNDLE") or None
    return replace(account.trust, ca_file=ca_file)


_known: Final[dict[str, Preconditions]] = {}
_lock: Final = forks.new_lock()


def _preconditions(place: str, *, is_trusted: bool) -> Preconditions:
    with _lock:
        if place not in _known:
            _known[place] = Preconditions(is_trusted=is_trusted)
        return _known[place]
