"""Places on the way to a service: hosts and ports, and what kind of place they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from ingenious_ops.listening.addresses import is_loopback

if TYPE_CHECKING:
    from ingenious_ops.doctor.context import Context

_PORTS: Final = {"https": 443, "http": 80}


class Place(NamedTuple):
    """A host and a port, as a connection needs them."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def place_of(url: str) -> Place:
    """Host and port of a URL, with the usual port of its scheme."""
    parts = urlsplit(url)
    return Place(parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 80))


def target(context: Context) -> Place:
    """Where the service listens."""
    return place_of(context.handle.url)


def first_hop(context: Context) -> Place:
    """Where this machine connects to: the proxy, or the service itself."""
    assert context.route is not None
    return place_of(context.route.proxy) if context.route.proxy else target(context)


def without_password(url: str) -> str:
    """A proxy's URL as it may be shown."""
    parts = urlsplit(url)
    name = parts.hostname or ""
    host = f"[{name}]" if ":" in name else name
    port = f":{parts.port}" if parts.port else ""
    user = "***@" if "@" in parts.netloc else ""
    return urlunsplit((parts.scheme, f"{user}{host}{port}", "", "", ""))


def is_emulator(context: Context) -> bool:
    """Whether the endpoint is on this machine."""
    return is_loopback(target(context).host)
