"""Sockets that close without a word when nobody holds them any more.

An interrupt can come between any two steps: what was opened in the first is then held by nobody,
and Python's own sockets print a ResourceWarning where they are closed by that.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from typing import Any, Protocol


class Wire(Protocol):
    """What a connection needs of a socket: a plain one, one of TLS, or one of TLS in TLS."""

    def send(self, data: bytes | memoryview, /) -> int:
        """Bytes that were taken."""

    def recv(self, size: int, /) -> bytes:
        """Bytes that came; none when the peer has ended."""

    def settimeout(self, seconds: float | None, /) -> None:
        """For each of the above; 0 for not waiting at all."""

    def gettimeout(self) -> float | None:
        """What was set."""

    def fileno(self) -> int:
        """That of the system's socket."""

    def close(self) -> None:
        """Without a word to the peer."""


class PlainSocket(socket.socket):
    """A socket of TCP."""

    # A function in C, which no interrupt can end half-way.
    __del__ = socket.SocketType.close

    def wake_at(self, size: int) -> None:
        """Have `recv` wait until `size` bytes have come, or the end (Linux)."""
        self.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, size)


class TlsSocket(ssl.SSLSocket):
    """A socket of TLS; `SSLContext.sslsocket_class` makes it."""

    __del__ = socket.SocketType.close


def shut(wire: Wire) -> None:
    """Wake who waits on `wire`, from another thread: for them the peer has closed it."""
    sock: Any = getattr(wire, "outer", wire)
    with suppress(OSError):
        # Not a TLS socket's own method, which takes the session away from who reads.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
