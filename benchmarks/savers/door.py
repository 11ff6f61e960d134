"""Counting door: a way to a server of this machine that counts requests and what they carry."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import httptools


@dataclass(frozen=True, slots=True)
class Counted:
    """What has come since the last look."""

    requests: int
    sent: int
    """Bytes of bodies."""


class CountingDoor:
    """Leads to the port `to`. Nothing is changed on the way, so signatures hold."""

    def __init__(self, to: int) -> None:
        self._to, self._lock = to, threading.Lock()
        self._requests = self._sent = 0
        self._open = [socket.create_server(("127.0.0.1", 0), backlog=100)]
        self.port: int = self._open[0].getsockname()[1]

    def take(self) -> Counted:
        """What was counted, and begin anew."""
        with self._lock:
            counted = Counted(self._requests, self._sent)
            self._requests = self._sent = 0
        return counted

    def on_headers_complete(self) -> None:
        """Of the parser."""
        with self._lock:
            self._requests += 1

    def on_body(self, data: bytes) -> None:
        """Of the parser."""
        with self._lock:
            self._sent += len(data)

    def serve(self) -> None:
        while True:
            try:
                came, _ = self._open[0].accept()
            except OSError:
                return
            there = socket.create_connection(("127.0.0.1", self._to))
            self._open += [came, there]
            for way in ((came, there, httptools.HttpRequestParser(self)), (there, came, None)):
                threading.Thread(target=_pass_on, args=way, daemon=True).start()

    def stop(self) -> None:
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


def _pass_on(
    source: socket.socket, target: socket.socket, parser: httptools.HttpRequestParser | None
) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            if parser is not None:  # first: who has an answer was counted
                parser.feed_data(data)
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


@contextmanager
def counting_door(to: int) -> Iterator[CountingDoor]:
    door = CountingDoor(to)
    thread = threading.Thread(target=door.serve, daemon=True)
    thread.start()
    try:
        yield door
    finally:
        door.stop()
        thread.join(10)
