"""A way to a store that can hang: connections are accepted, and nothing comes back."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class HangingDoor:
    """Leads to the port `to` of this machine while it is open; shut, it holds who comes."""

    def __init__(self, to: int | None = None) -> None:
        self._to, self._open = to, threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=300)
        self._held: list[socket.socket] = []
        self._stopped = False

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def open(self) -> None:
        """For who comes from now on."""
        self._open.set()

    def shut(self) -> None:
        self._open.clear()

    @property
    def held(self) -> int:
        """How many connections have come."""
        return len(self._held)

    def serve(self) -> None:
        while not self._stopped:
            came, _ = self._listener.accept()
            self._held.append(came)
            if self._open.is_set() and self._to is not None:
                there = socket.create_connection(("127.0.0.1", self._to))
                self._held.append(there)
                for a, b in ((came, there), (there, came)):
                    threading.Thread(target=_pump, args=(a, b), daemon=True).start()

    def stop(self) -> None:
        self._stopped = True
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port)).close()

    def close(self) -> None:
        """When `serve` has returned."""
        for connection in (self._listener, *self._held):
            connection.close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


@contextmanager
def hanging_door(to: int | None = None) -> Iterator[HangingDoor]:
    """A door that is shut."""
    door = HangingDoor(to)
    thread = threading.Thread(target=door.serve, daemon=True)
    thread.start()
    try:
        yield door
    finally:
        door.stop()
        thread.join(10)
        door.close()
