"""Gates: a way to a store that holds chosen requests, and knows which process sent each."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import psutil

from tests.support.polling import eventually
from tests.support.servers.doors import Door, served


class GateDoor(Door):
    """Holds what comes with one of `needles` in it, until that one is let go."""

    def __init__(self, to: int, needles: Iterable[bytes]) -> None:
        super().__init__(to)
        self._gates = {needle: threading.Event() for needle in needles}
        self._ports: dict[bytes, int] = {}
        self._came_from = 0

    def let_in(self, came: socket.socket) -> None:
        self._came_from = int(came.getpeername()[1])
        self.lead(came)

    def asked(self) -> Callable[[bytes], bool]:
        port = self._came_from

        def passes(data: bytes) -> bool:
            for needle, gate in self._gates.items():
                if needle in data and not gate.is_set():
                    self._ports[needle] = port
                    gate.wait()
            return True

        return passes

    def held(self, needle: bytes) -> int:
        """The process whose request is held; waits until one is."""
        port = eventually(lambda: self._ports.get(needle), within=100)
        assert port is not None
        return _process_at(port)

    def let_go(self, needle: bytes) -> None:
        """Pass on what is held, and all like it: also when its sender is dead by now."""
        self._gates[needle].set()

    def close(self) -> None:
        for gate in self._gates.values():
            gate.set()
        super().close()


def _process_at(port: int) -> int:
    """The process whose end of a connection has this port."""
    for connection in psutil.net_connections("tcp4"):
        if connection.laddr and connection.laddr.port == port and connection.pid:
            return int(connection.pid)
    raise AssertionError(f"nobody is at port {port}")


@contextmanager
def gate_door(to: int, *needles: bytes) -> Iterator[GateDoor]:
    with served(GateDoor(to, needles)) as door:
        yield door
