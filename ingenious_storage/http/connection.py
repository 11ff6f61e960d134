"""Connections: one socket to one peer, one request and its answer at a time."""

from __future__ import annotations

import select
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from ingenious_storage.http.errors import Failure, HttpError
from ingenious_storage.http.waiting import timed_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingenious_storage.http.answers import Answer
    from ingenious_storage.http.waiting import Waiting

_RECEIVE: Final = 64 * 1024
_JOINED: Final = 128 * 1024
"""Bytes of a body that is copied behind its head, which costs less than a second call."""
_DIRECT: Final = 256 * 1024
"""Bytes still to come from which a body is read past the parser, into its place."""


class Connection:
    """A connected socket. Used by one thread at a time; any thread may `cut` it.

    It is closed after whatever was raised: half an answer may be left on it.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._poll = _poll(sock)
        self.idle_since = time.monotonic()

    def exchange(self, head: bytes, body: bytes, answer: Answer, waiting: Waiting) -> None:
        """Send a request, and feed `answer` until it is complete.

        Raises: HttpError.
        """
        broken: OSError | None = None
        try:
            broken = self._send(head, body, waiting)
            self._receive(answer, waiting)
        except TimeoutError:
            raise timed_out(waiting.seconds, sent=True) from None
        except HttpError as error:
            if error.failure is Failure.CLOSED and broken is not None:
                raise error from broken
            raise
        except OSError as error:
            raise HttpError(
                Failure.CLOSED, f"the connection broke ({type(error).__name__})", sent=True
            ) from error

    def is_stale(self, max_idle: float) -> bool:
        """Whether the peer has closed it, or sent what nobody asked for, or it is too old."""
        return time.monotonic() - self.idle_since > max_idle or bool(self._poll())

    def rest(self) -> None:
        """Nobody uses it from now on."""
        self.idle_since = time.monotonic()

    def cut(self) -> None:
        """End what is under way, from another thread: as if the peer had closed it."""
        shut(self._sock)

    def close(self) -> None:
        """Give the socket back; more than once is fine."""
        self._sock.close()

    def _send(self, head: bytes, body: bytes, waiting: Waiting) -> OSError | None:
        """The error of a peer that reads no further: it may have answered already."""
        waiting.allow(len(body))
        waiting.apply(self._sock, sent=True)
        try:
            if len(body) <= _JOINED:
                self._sock.sendall(head + body if body else head)
            else:
                self._sock.sendall(head)
                self._sock.sendall(body)
        except TimeoutError:
            raise
        except OSError as error:
            return error
        return None

    def _receive(self, answer: Answer, waiting: Waiting) -> None:
        sock = self._sock
        while not answer.is_complete:
            if answer.takes_rest and answer.missing > _DIRECT:
                answer.take_rest(self._read(answer.missing, waiting))
                return
            waiting.apply(sock, sent=True)
            data = sock.recv(_RECEIVE)
            if not data:
                answer.end()
                return
            waiting.allow(len(data))
            answer.feed(data)

    def _read(self, size: int, waiting: Waiting) -> bytearray:
        body = bytearray(size)
        view, position = memoryview(body), 0
        while position < size:
            waiting.apply(self._sock, sent=True)
            count = self._sock.recv_into(view[position:])
            if not count:
                raise HttpError(
                    Failure.CLOSED, f"{size - position} bytes of the body are missing", sent=True
                )
            waiting.allow(count)
            position += count
        return body


def shut(sock: socket.socket) -> None:
    """Wake who waits on `sock`: for them the peer has closed it."""
    with suppress(OSError):
        # Not a TLS socket's own method, which takes the session away from who reads.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _poll(sock: socket.socket) -> Callable[[], object]:
    """A call that says whether there is something to read, at once."""
    if not hasattr(select, "poll"):  # Windows
        return lambda: select.select([sock], [], [], 0)[0]
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return lambda: poll.poll(0)
