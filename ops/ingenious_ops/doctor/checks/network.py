"""The way to the service: proxy, DNS and TCP."""

from __future__ import annotations

import ipaddress
import socket
import time
from typing import TYPE_CHECKING, Final

from ingenious_ops.doctor.guide import guide_of
from ingenious_ops.doctor.model import Check, Result, failed, passed
from ingenious_ops.doctor.places import Place, first_hop, is_emulator, target, without_password

if TYPE_CHECKING:
    from ingenious_ops.doctor.context import Context

SECTION: Final = "Network"


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
    if context.handle.is_clouds_own:
        return guide_of(context).unknown_host(context, place)
    key = context.handle.endpoint_key
    return f"Correct {key}, or what resolves {place.host}: `nslookup {place.host}`."


def _kind(address: str) -> str:
    ip = ipaddress.ip_address(address.partition("%")[0])
    return "loopback" if ip.is_loopback else "private" if ip.is_private else "public"


def _endpoint_note(context: Context, addresses: list[str]) -> list[str]:
    if not context.handle.is_clouds_own:
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
        return guide_of(context).nobody_listens(context, place)
    return (
        f"A firewall in between, or a wrong port: `nc -vz {place.host} {place.port}` from here and "
        "from a machine that works; a private endpoint is reached from its own network only."
    )


CHECKS: Final = (
    Check("proxy", SECTION, "proxy", _proxy, needs=("configuration",)),
    Check("dns", SECTION, "DNS", _dns, needs=("proxy",)),
    Check("tcp", SECTION, "TCP", _tcp, needs=("dns",)),
)
