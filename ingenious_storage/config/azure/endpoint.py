"""Endpoint: the URLs that an account may be reached at. A signed request goes nowhere else.

The SDK accepts any host, and would send the signature there.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from ingenious_storage.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from urllib.parse import SplitResult

AZURE_SUFFIXES: Final = (
    "core.windows.net",
    "core.chinacloudapi.cn",
    "core.usgovcloudapi.net",
    "core.cloudapi.de",
    "storage.azure.net",  # endpoints with a DNS zone: ACCOUNT.z01.blob.storage.azure.net
)

_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
_AZURE_BLOB = re.compile(rf"({_ACCOUNT.pattern})(?:\.(?:z[0-9]+|privatelink))?\.blob")
# An underscore is in no host name of the DNS, but in those of compose services.
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9._-]{0,251}[a-z0-9_])?|::1")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the blob service of one account is, checked and normalised."""

    url: str
    """No slash at the end, no query."""
    account: str | None
    """The account that the URL names; None for a domain of one's own."""
    is_azure: bool

    @property
    def is_encrypted(self) -> bool:
        """Whether requests go by TLS."""
        return self.url.startswith("https:")


def account_of(endpoint: Endpoint, name: str | None, *, what: str) -> str:
    """The account at `endpoint`, which `name` may say again but not otherwise.

    Raises: ConfigurationError when they differ, or when neither says it.
    """
    if name is not None:
        check_account_name(name, what=what)
    account = name or endpoint.account
    if account is None:
        raise ConfigurationError(
            f"{what} is missing, and the endpoint does not say it", hint="Name the account."
        )
    if endpoint.account not in {None, account}:
        raise ConfigurationError(
            f"{what} is '{account}', but the endpoint is that of '{endpoint.account}'",
            hint="Remove or correct one of them.",
        )
    return account


def check_account_name(name: str, *, what: str) -> str:
    """Return `name` if Azure accepts it for a storage account, else raise ConfigurationError."""
    if not _ACCOUNT.fullmatch(name):
        raise ConfigurationError(
            f"{what} is not the name of a storage account",
            hint="3 to 24 lower-case letters and digits; the name alone, not a URL.",
        )
    return name


def check_endpoint(
    text: str, *, what: str, allowed_suffixes: Iterable[str] = (), plain_http: bool = False
) -> Endpoint:
    """Check the URL of a blob service.

    Args:
        what: the name of the value, for messages.
        allowed_suffixes: hosts to accept besides Azure's clouds and loopback.
        plain_http: also accept http beyond loopback: nothing secret is sent, or it was asked for.

    Raises: ConfigurationError; its message holds no more of `text` than the host.
    """
    parts, port = _split(text.strip(), what)
    host = parts.hostname or ""
    path = parts.path.strip("/")
    account = _account_at(host, path, what, allowed_suffixes)
    is_azure = _azure_head(host) is not None
    if parts.scheme == "http" and not (is_loopback(host) or (plain_http and not is_azure)):
        raise ConfigurationError(
            f"{what} uses http: signatures would travel in the clear",
            hint="Use https; for an emulator on another machine set storage.allow_http to true.",
        )
    netloc = f"[{host}]" if ":" in host else host
    netloc += f":{port}" if port else ""
    return Endpoint(
        url=f"{parts.scheme}://{netloc}/{path}".rstrip("/"),
        account=account,
        is_azure=is_azure,
    )


def _split(text: str, what: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None  # raising here would chain an error that quotes `text`
    plain = text.isascii() and not any(c.isspace() or c in "@?#\\" for c in text)
    host = parts.hostname or ""
    if not plain or parts.scheme not in {"http", "https"} or not _HOST.fullmatch(host):
        raise ConfigurationError(
            f"{what} is not the URL of a blob service",
            hint="Such as https://ACCOUNT.blob.core.windows.net: http or https, no user, no query; "
            "a SAS goes to storage.sas_token.",
        )
    return parts, port


def _account_at(host: str, path: str, what: str, allowed: Iterable[str]) -> str | None:
    """The account that host and path name; refuses a host that is not Azure's, ours or allowed."""
    head = _azure_head(host)
    if head is not None:
        match = _AZURE_BLOB.fullmatch(head)
        if match is None or path:
            raise ConfigurationError(
                f"{what}: {host} is not the blob endpoint of an account",
                hint="Such as https://ACCOUNT.blob.core.windows.net, without a container.",
            )
        return match[1]
    if not is_loopback(host) and not any(_is_under(host, suffix) for suffix in allowed):
        raise ConfigurationError(
            f"{what}: {host} is not a host of Azure",
            hint="Signed requests would go there. If it is right, add it to "
            "storage.allowed_endpoint_suffixes.",
        )
    if path and not _ACCOUNT.fullmatch(path):
        raise ConfigurationError(
            f"{what}: its path is not the name of an account",
            hint="Such as http://127.0.0.1:10000/devstoreaccount1, without a container.",
        )
    if path or not is_loopback(host):
        return path or None
    return _emulated(host, what)


def _emulated(host: str, what: str) -> str:
    name, _, rest = host.partition(".")
    if not rest.startswith("blob."):
        raise ConfigurationError(
            f"{what}: the URL of an emulator ends with the account",
            hint="Such as http://127.0.0.1:10000/devstoreaccount1.",
        )
    return name


def _azure_head(host: str) -> str | None:
    """What stands before Azure's suffix; None for another host."""
    for suffix in AZURE_SUFFIXES:
        if _is_under(host, suffix):
            return host.removesuffix(suffix).removesuffix(".")
    return None


def _is_under(host: str, suffix: str) -> bool:
    return host == suffix or host.endswith("." + suffix)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return _is_under(host, "localhost")


def emulator_command(port: int) -> str:
    """What starts Azurite, with the check off that refuses the API version of newer SDKs."""
    options = f"--blobPort {port} --skipApiVersionCheck --disableTelemetry"
    return f"npx --yes --package azurite azurite-blob {options}"
