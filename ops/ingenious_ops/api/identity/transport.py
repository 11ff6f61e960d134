"""Transport: what a request says of the way it came: host, prefix, scheme, page."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from ingenious_ops.listening.addresses import is_loopback

_OF_PROXIES: Final = (
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
)


def root_of(connection: HTTPConnection) -> str:
    """The prefix at which the application is mounted, as it was sent, "" for none."""
    root: str = connection.scope.get("root_path", "")
    return root.rstrip("/")


def host_name(address: str) -> str:
    """The host of `HOST[:PORT]`, "" for what is none."""
    try:
        return urlsplit(f"//{address}").hostname or ""
    except ValueError:
        return ""


def is_private(url: str) -> bool:
    """Whether nobody on the way can read or change what is sent there: https, or this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    )


def came_by_proxy(headers: Headers) -> bool:
    """Whether a proxy says that it passed the request on; not all do."""
    return any(name in headers for name in _OF_PROXIES)


def is_secure(connection: HTTPConnection) -> bool:
    """Whether cookies are for https alone: always, but where a browser is on this machine.

    Behind a proxy that ends TLS the request comes by http, so what is not surely direct is https.
    """
    headers = connection.headers
    if connection.url.scheme == "https" or came_by_proxy(headers):
        return True
    return not is_loopback(host_name(headers.get("host", "")))


def is_same_origin(connection: HTTPConnection) -> bool:
    """Whether a browser says that the page which sent this is of the same origin.

    Sec-Fetch-Site, which no script can set, decides; a browser without it sends Origin. Origin is
    `null` for a form of a page whose Referrer-Policy is `no-referrer`.
    """
    site, origin = (connection.headers.get(name) for name in ("sec-fetch-site", "origin"))
    if site is not None and site != "same-origin":
        return False
    if origin is None or origin == "null":
        return site is not None
    return _is_of(origin, connection)


def is_of_other_page(connection: HTTPConnection, allowed: Collection[str]) -> bool:
    """Whether a browser says that a page of another origin sent this, and of none of `allowed`.

    A program that is no browser says nothing, and neither does somebody who types an address.
    """
    site, origin = (connection.headers.get(name) for name in ("sec-fetch-site", "origin"))
    if origin in allowed:
        return False
    if site is not None:
        return site not in {"same-origin", "none"}
    return origin is not None and not _is_of(origin, connection)


def _is_of(origin: str, connection: HTTPConnection) -> bool:
    parts = urlsplit(origin)
    # Behind a proxy that ends TLS the scheme of the request is not that of the page.
    return parts.scheme in {"http", "https"} and parts.netloc == connection.headers.get("host")
