"""Cookies of the console: their names and flags."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import Literal

from starlette.requests import HTTPConnection

from ingenious_ops.api.identity.transport import is_secure, root_of


def cookie_of(connection: HTTPConnection, name: str) -> str:
    """The value of a cookie, "" for none."""
    return connection.cookies.get(_prefixed(connection, name), "")


def set_cookie(
    connection: HTTPConnection,
    name: str,
    value: str,
    *,
    path: str,
    max_age: int,
    same_site: Literal["Strict", "Lax"] = "Strict",
) -> str:
    """The value of Set-Cookie for `path` below the prefix that the application is mounted at."""
    cookie = SimpleCookie({_prefixed(connection, name): value})
    [morsel] = cookie.values()
    morsel["path"] = root_of(connection) + path
    morsel["max-age"] = max_age
    morsel["httponly"], morsel["samesite"] = True, same_site
    morsel["secure"] = is_secure(connection)
    return morsel.OutputString()


def _prefixed(connection: HTTPConnection, name: str) -> str:
    # A browser takes a cookie of this prefix from https alone.
    return f"__Secure-{name}" if is_secure(connection) else name
