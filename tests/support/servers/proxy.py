"""An HTTP proxy on loopback: it passes on what CONNECT and whole URLs ask for, and takes note."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

_ASKS = b"HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"


class ForwardProxy:
    """Asks for `login` ("user:password"), if it is given one."""

    def __init__(self, login: str | None, context: ssl.SSLContext | None) -> None:
        self._context = context
        self._login = None if login is None else base64.b64encode(login.encode()).decode()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self._open: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        self.heads: list[bytes] = []
        """The heads of the requests to the proxy itself."""

    def url(self, login: str = "") -> str:
        return f"{'http' if self._context is None else 'https'}://{login}127.0.0.1:{self.port}"

    def serve(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(sock)
            threading.Thread(target=self._run, args=(sock,), daemon=True).start()

    def _run(self, sock: socket.socket) -> None:
        with suppress(OSError):
            if self._context is not None:
                sock = self._context.wrap_socket(sock, server_side=True)
                self._open.append(sock)
            there: socket.socket | None = None
            while head := _head(sock):
                self.heads.append(head)
                if self._login is not None and self._login not in head.decode():
                    sock.sendall(_ASKS)
                elif head.startswith(b"CONNECT "):
                    self._pass_on(sock, head)
                    return
                else:
                    there = there or self._reach(sock, head)
                    _forward(sock, there, head)

    def _pass_on(self, sock: socket.socket, head: bytes) -> None:
        host, _, port = head.split()[1].decode().rpartition(":")
        there = socket.create_connection((host.strip("[]"), int(port)))
        self._open.append(there)
        sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        back = threading.Thread(target=_pump, args=(there, sock), daemon=True)
        back.start()
        _pump(sock, there)
        back.join()

    def _reach(self, sock: socket.socket, head: bytes) -> socket.socket:
        """The host of a whole URL; what it answers goes back as it is."""
        parts = urlsplit(head.split()[1].decode())
        there = socket.create_connection((parts.hostname or "", parts.port or 80))
        self._open.append(there)
        threading.Thread(target=_pump, args=(there, sock), daemon=True).start()
        return there

    def stop(self) -> None:
        for sock in (self._listener, *self._open):
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            sock.close()


def _forward(sock: socket.socket, there: socket.socket, head: bytes) -> None:
    """One request as its origin wants it: no host in its target, and no login."""
    method, url, rest = head.split(b" ", 2)
    parts, length = urlsplit(url.decode()), 0
    lines = []
    for line in rest.split(b"\r\n"):
        name, _, value = line.lower().partition(b":")
        length = int(value) if name == b"content-length" else length
        if name != b"proxy-authorization":
            lines.append(line)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    there.sendall(b" ".join((method, target.encode(), b"\r\n".join(lines))))
    while length:
        piece = sock.recv(min(length, 65536))
        if not piece:
            return
        length -= len(piece)
        there.sendall(piece)


def _head(sock: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = sock.recv(1)
        if not byte:
            return b""
        head += byte
    return head


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        socket.socket.shutdown(target, socket.SHUT_RDWR)


@contextmanager
def forward_proxy(
    login: str | None = None, context: ssl.SSLContext | None = None
) -> Iterator[ForwardProxy]:
    proxy = ForwardProxy(login, context)
    thread = threading.Thread(target=proxy.serve, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.stop()
        thread.join(10)
