"""The way to the service: proxy, DNS and TCP."""

from __future__ import annotations

import ipaddress
import socket
import time
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from ingenious_ops.doctor.model import Check, Result, failed, passed
from ingenious_storage.config import AZURE_SUFFIXES, emulator_command

if TYPE_CHECKING:
    from ingenious_ops.doctor.context import Context

SECTION: Final = "Network"
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
    """Where the service of the account listens."""
    return place_of(context.account.account_url)


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
    host = target(context).host
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_azure(context: Context) -> bool:
    """Whether the account is at Azure itself, not at an emulator."""
    return target(context).host.endswith(AZURE_SUFFIXES)


def _proxy(context: Context) -> Result:
    context.route = route = context.handle.route()
    host = target(context).host
    if route.proxy is None:
        return passed(f"none for {host}")
    return passed(
        f"{without_password(route.proxy)}, by the environment",
        f"HTTPS_PROXY, HTTP_PROXY or ALL_PROXY names it; NO_PROXY={host} would go around it",
    )


def _dns(context: Context) -> Result:
    place = first_hop(context)
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        reason = error.strerror if isinstance(error, socket.gaierror) else "not a host name"
        return failed(
            f"{place.host} has no address: {reason}",
            hint=_dns_hint(context, place),
            code="unavailable",
        )
    addresses = [*dict.fromkeys(str(entry[4][0]) for entry in found)]
    shown = ", ".join(f"{address} ({_kind(address)})" for address in addresses)
    if place == target(context):
        return passed(f"{place.host}: {shown}", *_endpoint_note(context, addresses))
    return passed(f"proxy {place.host}: {shown}", f"the proxy looks up {target(context).host}")


def _dns_hint(context: Context, place: Place) -> str:
    if place != target(context):
        return f"Correct the proxy's name in HTTPS_PROXY, or set NO_PROXY={target(context).host}."
    name = context.account.account_name
    if is_azure(context):
        return (
            f"Is the account's name right? `az storage account show --name {name}`. If it is: "
            "with a private endpoint, link its private DNS zone to this network "
            "(`az network private-dns link vnet list`)."
        )
    return f"Correct storage.endpoint, or what resolves {place.host}: `nslookup {place.host}`."


def _kind(address: str) -> str:
    ip = ipaddress.ip_address(address.partition("%")[0])
    return "loopback" if ip.is_loopback else "private" if ip.is_private else "public"


def _endpoint_note(context: Context, addresses: list[str]) -> list[str]:
    if not is_azure(context):
        return []
    if all(_kind(address) == "private" for address in addresses):
        return ["through a private endpoint"]
    return ["over the public endpoint: the account's firewall must admit this network"]


def _tcp(context: Context) -> Result:
    place = first_hop(context)
    began = time.perf_counter()
    try:
        socket.create_connection(place, timeout=context.request_timeout).close()
    except OSError as error:
        what = "the proxy" if place != target(context) else "the service"
        said = "no answer" if isinstance(error, TimeoutError) else error.strerror or str(error)
        return failed(
            f"no connection to {what} at {place}: {said}",
            hint=_tcp_hint(context, place),
            code="timeout" if isinstance(error, TimeoutError) else "unavailable",
        )
    return passed(f"connected to {place} in {(time.perf_counter() - began) * 1000:.0f} ms")


def _tcp_hint(context: Context, place: Place) -> str:
    if place != target(context):
        return (
            "The environment names this proxy: start or correct it (HTTPS_PROXY), or set "
            f"NO_PROXY={target(context).host} to go around it."
        )
    if is_emulator(context):
        return (
            f"Nothing listens there. Start the emulator: `{emulator_command(place.port)}`, or "
            "correct storage.endpoint."
        )
    return (
        f"A firewall in between, or a wrong port: `nc -vz {place.host} {place.port}` from here and "
        "from a machine that works; a private endpoint is reached from its own network only."
    )


CHECKS: Final = (
    Check("proxy", SECTION, "proxy", _proxy, needs=("configuration",)),
    Check("dns", SECTION, "DNS", _dns, needs=("proxy",)),
    Check("tcp", SECTION, "TCP", _tcp, needs=("dns",)),
)
