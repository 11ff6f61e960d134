"""Addresses: where a bucket is, for requests and for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from ingenious_storage.errors import ConfigurationError

if TYPE_CHECKING:
    from ingenious_storage.config.buckets.s3 import S3Account

_AWS: Final = ("amazonaws.com", "amazonaws.com.cn")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
# "Bucket naming rules" of the S3 user guide; `keys.validate_container` has checked the rest.
_RESERVED: Final = ("sthree-", "amzn-s3-demo-", "xn--")


@dataclass(frozen=True, slots=True)
class Address:
    """Where the requests for a bucket go."""

    origin: str
    """Scheme, host and port."""
    host: str
    """The Host header: without a port that is the scheme's own."""
    path: str
    """What stands before a key; it ends with a slash."""

    @property
    def is_secure(self) -> bool:
        """Whether requests go by TLS."""
        return self.origin.startswith("https:")


def place_of(account: S3Account, bucket: str) -> str:
    """The URL of a bucket for people; the same whatever region is named, as names are unique."""
    return f"{account.endpoint or 'https://s3.amazonaws.com'}/{bucket}"


def is_aws(account: S3Account) -> bool:
    """Whether AWS itself answers."""
    if account.endpoint is None:
        return True
    host = urlsplit(account.endpoint).hostname or ""
    return any(host.endswith(f".{suffix}") for suffix in _AWS)


def check_bucket(bucket: str) -> None:
    """Raises: ConfigurationError for a name that AWS keeps for itself."""
    if bucket.startswith(_RESERVED) or bucket.endswith("-s3alias"):
        raise ConfigurationError(
            f"the name of the bucket {bucket} is one that AWS keeps for itself",
            hint="Choose storage.container_data and storage.container_revisions that begin "
            "otherwise.",
        )


def address_of(account: S3Account, bucket: str, region: str) -> Address:
    """Where a bucket of `region` is, by the style of the account."""
    endpoint = account.endpoint or f"https://s3.{region}.{_suffix(region)}"
    parts = urlsplit(endpoint)
    host = parts.netloc
    if parts.port == _DEFAULT_PORTS[parts.scheme]:
        host = host.rpartition(":")[0]
    style = account.addressing_style
    if style == "virtual" or (style == "auto" and is_aws(account)):
        host = f"{bucket}.{host}"
        return Address(f"{parts.scheme}://{host}", host, f"{parts.path}/")
    return Address(f"{parts.scheme}://{host}", host, f"{parts.path}/{quote(bucket)}/")


def _suffix(region: str) -> str:
    return _AWS[1] if region.startswith("cn-") else _AWS[0]
