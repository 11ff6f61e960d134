"""A server on loopback whose every byte and pause a test writes: what no real server sends."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"


class Peer:
    """The server's end of one connection."""

    def __init__(self, sock: socket.socket, server: ScriptedServer) -> None:
        self.sock, self._server = sock, server
        self._reader = sock.makefile("rb")

    def read_request(self) -> bytes:
        """The next request, head and body; nothing when the client has closed."""
        head, length = b"", 0
        while not head.endswith(b"\r\n\r\n"):
            line = self._reader.readline()
            if not line:
                return b""
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
            head += line
        request = head + self._reader.read(length)
        self._server.requests.append(request)
        return request

    def read_head(self) -> bytes:
        """A request whose body nobody reads."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self._reader.readline()
        self._server.requests.append(head)
        return head

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def drip(self, data: bytes, seconds: float = 0.02) -> None:
        """Byte by byte, for ever once `data` has ended with its last one."""
        for at in range(len(data)):
            self.sock.sendall(data[at : at + 1])
            self.wait(seconds)
        while not self._server.is_over:
            self.sock.sendall(data[-1:])
            self.wait(seconds)

    def flood(self, piece: bytes, *, most: int = 1 << 30) -> None:
        """`piece` again and again, until the client has enough of it."""
        for _ in range(most // len(piece)):
            self.sock.sendall(piece)

    def wait(self, seconds: float = 60) -> None:
        """Until then, or until the test is over."""
        self._server.over.wait(seconds)

    def reset(self) -> None:
        """Closed at once, what was sent and not read with it."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._reader.close()
        self.sock.close()


Talk = Callable[[Peer], None]


def answering(*replies: bytes) -> Talk:
    """One reply a request on a connection, the last to all that follow."""

    def talk(peer: Peer) -> None:
        left = list(replies)
        while peer.read_request():
            peer.send(left.pop(0) if len(left) > 1 else left[0])

    return talk


class ScriptedServer:
    """Its first connections run `talks`, one each, and the last of them all that follow."""

    def __init__(self, talks: tuple[Talk, ...], context: ssl.SSLContext | None) -> None:
        self._talks, self._context = talks, context
        self.requests: list[bytes] = []
        self.over = threading.Event()
        self.connections = 0
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self._threads: list[threading.Thread] = []
        self.port: int = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        return f"{'http' if self._context is None else 'https'}://127.0.0.1:{self.port}"

    @property
    def is_done(self) -> bool:
        """Whether somebody came, and nobody is spoken to any more."""
        return bool(self._threads) and not any(thread.is_alive() for thread in self._threads)

    @property
    def is_over(self) -> bool:
        return self.over.is_set()

    def serve(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(sock)
            talk = self._talks[min(self.connections, len(self._talks) - 1)]
            self.connections += 1
            thread = threading.Thread(target=self._run, args=(talk, sock), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _run(self, talk: Talk, sock: socket.socket) -> None:
        with suppress(OSError, ValueError):  # the client breaks off; a closed file is a ValueError
            if self._context is not None:
                sock = self._context.wrap_socket(sock, server_side=True, suppress_ragged_eofs=False)
                self._open.append(sock)
            talk(Peer(sock, self))
        if self._context is not None and isinstance(sock, ssl.SSLSocket):
            with suppress(OSError, ValueError):
                sock = sock.unwrap()  # says that it ends
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        sock.close()

    def stop(self) -> None:
        self.over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._open:
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
        ends = time.monotonic() + 10
        for thread in self._threads:
            thread.join(max(0.0, ends - time.monotonic()))
        for sock in self._open:
            sock.close()


@contextmanager
def scripted_server(
    *talks: Talk, context: ssl.SSLContext | None = None
) -> Iterator[ScriptedServer]:
    server = ScriptedServer(talks or (answering(OK),), context)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(10)
