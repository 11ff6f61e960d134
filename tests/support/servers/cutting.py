"""A way to a store that is cut off for good, at the first request that holds chosen bytes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class CuttingDoor:
    """Leads to the port `to` of this machine until a request with `at` in it has come."""

    def __init__(self, to: int, at: bytes) -> None:
        self._to, self._at = to, at
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self._open: list[socket.socket] = []
        self._is_whole = True
        self._stopped = False

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def is_cut(self) -> bool:
        """Whether such a request has come. It was not passed on."""
        return not self._is_whole

    def mend(self) -> None:
        """Lead through again, whatever comes."""
        self._is_whole, self._at = True, b"\0 never \0"

    def serve(self) -> None:
        while not self._stopped:
            came, _ = self._listener.accept()
            if not self._is_whole:
                came.close()
                continue
            there = socket.create_connection(("127.0.0.1", self._to))
            self._open += [came, there]
            for a, b in ((came, there), (there, came)):
                threading.Thread(target=self._pass_on, args=(a, b), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if self._at in data:
                    self._is_whole = False
                if not self._is_whole:
                    break
                target.sendall(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        self._stopped = True
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port)).close()

    def close(self) -> None:
        """When `serve` has returned."""
        for each in (self._listener, *self._open):
            each.close()


@contextmanager
def cutting_door(to: int, at: bytes) -> Iterator[CuttingDoor]:
    """A door that still leads through."""
    door = CuttingDoor(to, at)
    thread = threading.Thread(target=door.serve, daemon=True)
    thread.start()
    try:
        yield door
    finally:
        door.stop()
        thread.join(10)
        door.close()
