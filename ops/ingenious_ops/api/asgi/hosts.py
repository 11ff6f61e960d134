"""Hosts: who may ask while nobody has to say who they are.

A page of the web can have its own name point to 127.0.0.1 and then read what is served there (DNS
rebinding); its requests carry that name in Host.
"""

from __future__ import annotations

import ipaddress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ingenious_ops.api.errors import ForbiddenError, WrongHostError
from ingenious_ops.api.identity.transport import came_by_proxy, host_name
from ingenious_ops.api.problems import problem_of
from ingenious_ops.listening.addresses import is_loopback
from ingenious_storage.errors import StorageError

_HINT = "Configure `api.issuer` or `api.keys`; without them this machine alone is served."


class LoopbackOnly:
    """Around an open application: 421 for the name of another host, 403 for another machine."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass the request on."""
        refused = _refusal(scope) if scope["type"] == "http" else None
        if refused is not None:
            await problem_of(refused)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _refusal(scope: Scope) -> StorageError | None:
    headers = Headers(scope=scope)
    if _comes_from_afar(scope) or came_by_proxy(headers):  # one on this machine serves others
        return ForbiddenError("a request from another machine", hint=_HINT, reason="elsewhere")
    if not is_loopback(host_name(headers.get("host", ""))):
        return WrongHostError("a request for another host than this machine")
    return None


def _comes_from_afar(scope: Scope) -> bool:
    """By the address; a Unix socket and a test's client have none."""
    client = scope.get("client")
    try:
        address = ipaddress.ip_address(client[0]) if client else None
    except ValueError:
        return False
    return address is not None and not address.is_loopback
