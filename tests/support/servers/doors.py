"""Doors: ways to a store that can hang, or be cut off."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar


class Door:
    """Leads to the port `to` of this machine, as its kind lets in and passes on."""

    def __init__(self, to: int | None) -> None:
        self._to = to
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=300)
        self._connections: list[socket.socket] = []
        self._stopped = False

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def let_in(self, came: socket.socket) -> None:
        """What is done with who comes."""
        self.lead(came)

    def passes(self, data: bytes) -> bool:
        """Whether this is passed on; else its connection ends."""
        return True

    def asked(self) -> Callable[[bytes], bool]:
        """As `passes`, of what one connection asks: it is called for each."""
        return self.passes

    def lead(self, came: socket.socket) -> None:
        """Lead who came through."""
        assert self._to is not None, "there is nothing behind it"
        there = socket.create_connection(("127.0.0.1", self._to))
        self._connections.append(there)
        for way in ((came, there, self.asked()), (there, came, self.passes)):
            threading.Thread(target=_pass_on, args=way, daemon=True).start()

    def serve(self) -> None:
        while True:
            came, _ = self._listener.accept()
            self._connections.append(came)
            if self._stopped:
                return
            self.let_in(came)

    def stop(self) -> None:
        self._stopped = True
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port)).close()

    def close(self) -> None:
        """When `serve` has returned."""
        for each in (self._listener, *self._connections):
            each.close()


def _pass_on(source: socket.socket, target: socket.socket, passes: Callable[[bytes], bool]) -> None:
    with suppress(OSError):
        while (data := source.recv(65536)) and passes(data):
            target.sendall(data)
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


def _has_asked(came: socket.socket) -> bool:
    with suppress(OSError):
        return bool(select.select([came], [], [], 0)[0] and came.recv(1, socket.MSG_PEEK))
    return False


class HangingDoor(Door):
    """Leads through while it is open. Shut, it holds who comes, and nothing comes back."""

    def __init__(self, to: int | None = None) -> None:
        super().__init__(to)
        self._is_open = False
        self._kept: list[socket.socket] = []
        self._asked: set[socket.socket] = set()
        self.held = 0
        """How many connections have come."""

    def open(self) -> None:
        """For who comes from now on."""
        self._is_open = True

    def shut(self) -> None:
        self._is_open = False

    def let_in(self, came: socket.socket) -> None:
        self.held += 1
        if self._is_open:
            self.lead(came)
        else:
            self._kept.append(came)

    @property
    def asked_in_vain(self) -> int:
        """How many of those that it holds have sent something of a request."""
        self._asked.update(filter(_has_asked, [*self._kept]))
        return len(self._asked)


class CuttingDoor(Door):
    """Leads through until a request with `at` in it has come: then it is cut off for good."""

    def __init__(self, to: int, at: bytes) -> None:
        super().__init__(to)
        self._at: bytes | None = at
        self.is_cut = False
        """Whether such a request has come. It was not passed on."""

    def mend(self) -> None:
        """Lead through again, whatever comes."""
        self._at, self.is_cut = None, False

    def let_in(self, came: socket.socket) -> None:
        if self.is_cut:
            came.close()
        else:
            self.lead(came)

    def passes(self, data: bytes) -> bool:
        if self._at is not None and self._at in data:
            self.is_cut = True
        return not self.is_cut


D = TypeVar("D", bound=Door)


@contextmanager
def served(door: D) -> Iterator[D]:
    """A door that people can come to."""
    thread = threading.Thread(target=door.serve, daemon=True)
    thread.start()
    try:
        yield door
    finally:
        door.stop()
        thread.join(10)
        door.close()


@contextmanager
def hanging_door(to: int | None = None) -> Iterator[HangingDoor]:
    """A door that is shut."""
    with served(HangingDoor(to)) as door:
        yield door


@contextmanager
def cutting_door(to: int, at: bytes) -> Iterator[CuttingDoor]:
    """A door that still leads through."""
    with served(CuttingDoor(to, at)) as door:
        yield door
