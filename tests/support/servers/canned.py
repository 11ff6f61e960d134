"""A server on loopback that answers what a test tells it to: the faults Azurite never shows."""

from __future__ import annotations

import os
import socket
import struct
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RESET: Final = b"reset"
HANG: Final = b"hang"


def answer(
    status: int,
    code: str | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> bytes:
    """The bytes of one HTTP answer; `code` becomes the header x-ms-error-code."""
    lines = {"Content-Length": str(len(body)), "Connection": "close", "x-ms-request-id": "req-1"}
    if code is not None:
        lines["x-ms-error-code"] = code
    lines |= headers or {}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Canned\r\n{head}\r\n".encode() + body


class CannedServer:
    """Gives each request the next of `replies`, and the last of them to all that follow.

    A reply is bytes to send, RESET to cut the connection, or HANG to wait for the end of the test.
    """

    def __init__(self) -> None:
        self.replies = [answer(500)]
        self.requests: list[str] = []
        self._stopped = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))

    @property
    def account_url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/canned"

    def serve(self) -> None:
        with self._listener:
            while not self._stopped.is_set():
                connection, _ = self._listener.accept()
                with connection, suppress(OSError):
                    self._answer(connection)

    def stop(self) -> None:
        self._stopped.set()
        with suppress(OSError):  # closing a socket wakes up no other thread everywhere
            socket.create_connection(self._listener.getsockname()).close()

    def _answer(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as reader:
            request = reader.readline().decode(errors="replace").strip()
            length = 0
            while (line := reader.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            reader.read(length)
        self.requests.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if reply == HANG:
            self._stopped.wait()
        elif reply == RESET:
            linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        else:
            connection.sendall(reply)


@contextmanager
def canned_server() -> Iterator[CannedServer]:
    server = CannedServer()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(10)
