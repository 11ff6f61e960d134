"""Addresses: where a server listens, taken before anything is answered."""

from __future__ import annotations

import ipaddress
import socket
from typing import Final

from ingenious_storage.errors import StorageError

_QUEUE: Final = 1024
"""Connections that the kernel holds until they are accepted."""


class AddressError(StorageError):
    """The server cannot listen at the address that was given."""

    code = "address_refused"
    default_hint = "Choose another with --host and --port; port 0 takes a free one."


class Listener(socket.socket):
    """Its queue is long although asyncio, told a backlog of 1, accepts one connection a turn."""

    def listen(self, backlog: int = _QUEUE, /) -> None:
        """Listen with room for a burst of connections, whatever uvicorn asks for."""
        super().listen(max(backlog, _QUEUE))


def listen(host: str, port: int) -> Listener:
    """Take the address; nothing is answered yet. Raises: AddressError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        taken = socket.create_server((host, port), family=family)
    except OSError as error:
        why = error.strerror or str(error)
        raise AddressError(f"cannot listen on {host}, port {port}: {why}") from error
    return Listener(fileno=taken.detach())


def url_of(listener: socket.socket) -> str:
    """The URL at which `listener` is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether a host, without a port, names this machine, for every browser too."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
