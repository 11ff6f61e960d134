"""Proxies: the one that the environment names for a URL, by the rules of the library requests."""

from __future__ import annotations

import base64
import ipaddress
import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from ingenious_storage.errors import ConfigurationError
from ingenious_storage.http.places import Place
from ingenious_storage.runtime.unpickled import Value

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Proxy(Value):
    """An HTTP proxy."""

    place: Place
    is_secure: bool
    """Whether it is spoken to by TLS."""
    authorization: str | None = field(repr=False)
    """The value of Proxy-Authorization."""
    url: str = field(repr=False)
    """As the environment has it: it may hold a password."""


def proxy_of_environment(url: str, *, otherwise: str = "") -> Proxy | None:
    """The proxy for requests to `url` now. `otherwise` ends the hint for a SOCKS proxy.

    Raises: ConfigurationError when it cannot be used; its text holds no password.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    found = _of_environment() or _of_system(host)
    text = found.get(parts.scheme) or found.get("all")
    if text is None or _is_bypassed(host.lower(), parts.port):
        return None
    around = f"or set NO_PROXY={host} to go around it."
    return _read(text, around, otherwise)


def _of_environment() -> dict[str, str]:
    """By scheme. Lower-case names win, and an empty one takes the other away."""
    names = [name for name in os.environ if name[-6:].lower() == "_proxy"]
    found = {name.lower()[:-6]: os.environ[name] for name in names if os.environ[name]}
    if "REQUEST_METHOD" in os.environ:
        # In a CGI script a client sets HTTP_PROXY by a header, "Proxy".
        found.pop("http", None)
    for name in names:
        if name.endswith("_proxy"):
            scheme = name[:-6].lower()
            found.pop(scheme, None)
            if os.environ[name]:
                found[scheme] = os.environ[name]
    return found


def _of_system(host: str) -> Mapping[str, str]:
    """What Windows and macOS keep besides variables."""
    if sys.platform not in {"win32", "darwin"}:
        return {}
    import urllib.request  # noqa: PLC0415  # 30 ms

    return {} if urllib.request.proxy_bypass(host) else urllib.request.getproxies()


def _is_bypassed(host: str, port: int | None) -> bool:
    """By NO_PROXY: names with all below them, with or without a port, or addresses and networks."""
    variable = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    entries = {entry.lower() for entry in variable.replace(" ", "").split(",") if entry}
    if "*" in entries:
        return True
    try:
        address = ipaddress.IPv4Address(host)
    except ValueError:
        shown = f".{host}", f".{host}:{port}"
        return any(name.endswith(f".{entry.lstrip('.')}") for entry in entries for name in shown)
    return host in entries or any(_holds(entry, address) for entry in entries)


def _holds(entry: str, address: ipaddress.IPv4Address) -> bool:
    try:
        return "/" in entry and address in ipaddress.IPv4Network(entry, strict=False)
    except ValueError:
        return False


def _read(text: str, around: str, otherwise: str) -> Proxy:
    scheme, found, _ = text.partition("://")
    scheme = scheme.lower() if found else "http"
    if scheme.startswith("socks"):
        raise ConfigurationError(
            f"the proxy of the environment is a SOCKS proxy ({text.partition('://')[0]}), and "
            "nothing here speaks SOCKS",
            hint=f"Name an HTTP proxy in HTTPS_PROXY, {otherwise}{around}",
        )
    if scheme not in {"http", "https"}:
        raise ConfigurationError(
            "the proxy of the environment is not the URL of a proxy",
            hint=f"Such as http://proxy.example:3128: correct HTTPS_PROXY, {around}",
        )
    try:
        parts = urlsplit(text if found else f"http://{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if not host or port == 0 or not host.isascii():
        raise ConfigurationError(
            "the proxy of the environment has no host, or a port that is none",
            hint=f"Such as http://proxy.example:3128: correct HTTPS_PROXY, {around}",
        )
    is_secure = scheme == "https"
    place = Place(host, port or (443 if is_secure else 80))
    return Proxy(place, is_secure, _login(parts.username, parts.password), text)


def _login(user: str | None, password: str | None) -> str | None:
    """By RFC 7617."""
    if not user:
        return None
    pair = f"{unquote(user)}:{unquote(password or '')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
