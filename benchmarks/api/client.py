"""Client: connections that each send a request, wait for the answer, and send the next.

It takes a fifth of what a server in Python takes for an answer, and looks at each.
"""

from __future__ import annotations

import selectors
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from time import perf_counter
from typing import Final
from urllib.parse import urlsplit

CONNECTIONS: Final = 16
_RECEIVED: Final = 65_536
_GOOD: Final = b"HTTP/1.1 200 "


@dataclass(frozen=True, slots=True)
class Call:
    """A request that is sent again and again."""

    url: str
    path: str
    headers: Mapping[str, str]

    def connect(self) -> socket.socket:
        parts = urlsplit(self.url)
        one = socket.create_connection((parts.hostname, parts.port), timeout=60)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return one

    @property
    def sent(self) -> bytes:
        lines = [f"GET {self.path} HTTP/1.1", f"Host: {urlsplit(self.url).netloc}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode()


def bytes_of_answer(call: Call) -> int:
    """Of one answer, header and body. Raises: ValueError when it is not 200."""
    with call.connect() as one:
        one.sendall(call.sent)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += one.recv(_RECEIVED)
    head, _, _ = answer.partition(b"\r\n\r\n")
    _check(answer)
    lines = (line.lower().partition(b": ") for line in head.split(b"\r\n"))
    return len(head) + 4 + next(int(v) for name, _, v in lines if name == b"content-length")


def ask(call: Call, size: int, count: int) -> tuple[float, list[float]]:
    """Seconds of `count` requests together, and of each; an answer has `size` bytes.

    Raises: ValueError when one is not 200.
    """
    sent, times = call.sent, list[float]()
    with ExitStack() as stack, selectors.DefaultSelector() as waiting:
        began = perf_counter()
        for _ in range(min(CONNECTIONS, count)):
            one = stack.enter_context(call.connect())
            waiting.register(one, selectors.EVENT_READ, _Asking(one))
            one.sendall(sent)
        left = count - CONNECTIONS
        while waiting.get_map():
            for key, _ in waiting.select():
                asking: _Asking = key.data
                if not asking.is_answered(size):
                    continue
                times.append(asking.seconds)
                if left > 0:
                    left -= 1
                    asking.again(sent)
                else:
                    waiting.unregister(key.fileobj)
        return perf_counter() - began, times


class _Asking:
    """One connection, and how much of its answer has come."""

    __slots__ = ("_began", "_got", "_one", "seconds")

    def __init__(self, one: socket.socket) -> None:
        self._one, self._got, self._began, self.seconds = one, 0, perf_counter(), 0.0

    def again(self, sent: bytes) -> None:
        self._got, self._began = 0, perf_counter()
        self._one.sendall(sent)

    def is_answered(self, size: int) -> bool:
        piece = self._one.recv(_RECEIVED)
        if not self._got:
            _check(piece)
        self._got += len(piece)
        if self._got > size or not piece:
            raise ValueError(f"an answer of {self._got} bytes instead of {size}")
        self.seconds = perf_counter() - self._began
        return self._got == size


def _check(answer: bytes) -> None:
    if not answer.startswith(_GOOD):
        raise ValueError(f"no answer of 200: {answer[:200]!r}")
