"""Places: a host and a port, as they are written in messages and in requests."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from ingenious_storage.errors import ConfigurationError


class Place(NamedTuple):
    """Where something listens. An IPv6 address has no brackets here."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def origin_of(url: str) -> tuple[bool, Place, str]:
    """Whether `url` is of https, where that is, and its authority for a Host header.

    Raises: ConfigurationError; its text holds nothing of the URL.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    is_plain = parts.netloc.isascii() and parts.netloc.isprintable() and " " not in parts.netloc
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc or not is_plain:
        raise ConfigurationError(
            "the address of a service is not a URL",
            hint="Such as https://service.example:8443: http or https, no user, no password.",
        )
    is_secure = parts.scheme == "https"
    return is_secure, Place(host, port or (443 if is_secure else 80)), parts.netloc
