"""Links: the addresses of pages and files, below whatever prefix the application is mounted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

from starlette.requests import Request

from ingenious_ops.api.identity.transport import root_of

STATIC: Final = Path(__file__).parent / "static"
HOME: Final = "/console"


def link_of(request: Request) -> Callable[..., str]:
    """`link("conversation", id="a/b")`: the address of a page; names go into its query.

    What people name stands in the query, never in the path: proxies and browsers rewrite paths
    (`..`, `%2F`), and any name must be reachable. A value of None is left out; a list is repeated.
    """
    home = root_of(request) + HOME

    def link(page: str, /, **query: object) -> str:
        pairs = [(name, each) for name, value in query.items() for each in _values(value)]
        path = f"{home}/{quote(page)}" if page else home
        return f"{path}?{urlencode(pairs)}" if pairs else path

    return link


def static_of(request: Request) -> Callable[[str], str]:
    """`static("console.css")`: the address of a file; another one when the file changes."""
    home = f"{root_of(request)}{HOME}/static"

    def static(name: str, /) -> str:
        return f"{home}/{name}?v={_version(name)}"

    return static


def here(request: Request) -> str:
    """The address of this page."""
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


def _values(value: object) -> list[str]:
    if value is None:
        return []
    return [str(each) for each in value] if isinstance(value, (list, tuple)) else [str(value)]


@cache
def _version(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
