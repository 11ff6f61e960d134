"""Door of the server: a bounded number of connections, and none that keeps it waiting.

uvicorn bounds neither the time that a request may take to arrive nor the connections that wait, and
asyncio's accept loop writes a traceback for each of 2,048 tries once file descriptors have run out.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

LOGGER: Final = "ingenious_ops.health"
_MOST: Final = 256
_FEWEST: Final = 8
_RESERVED: Final = 64
"""File descriptors for all but connections: the storage, files, the log."""
_PAUSE: Final = 60.0
"""Seconds between two lines of the log."""
_log = logging.getLogger(LOGGER)


@dataclass(frozen=True, slots=True)
class Limits:
    """How many connections there may be, and for how long."""

    connections: int
    """At most so many; one more, and who was answered longest ago has to go."""
    patience: float = 10.0
    """Seconds from one answer, or from connecting, until the next answer has been given."""
    idle: int = 5
    """Seconds until a connection without a request is closed after an answer."""


class Guest(Protocol):
    """A connection of the server."""

    has_begun: bool
    """It has sent something since its last answer."""

    def drop(self) -> None:
        """Close the connection at once."""


class Door:
    """Opened for every connection; used by the event loop's thread alone."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits, self._clock = limits, clock
        self._guests: dict[Guest, asyncio.TimerHandle] = {}
        self._dropped, self._told_at = 0, -_PAUSE

    def let_in(self, guest: Guest) -> None:
        """It has connected, or was answered: its time begins anew."""
        self.let_out(guest)
        later = asyncio.get_running_loop().call_later
        self._guests[guest] = later(self.limits.patience, self._lose_patience, guest)
        while len(self._guests) > self.limits.connections:
            self._drop_first()

    def let_out(self, guest: Guest) -> None:
        """It has gone; again is fine."""
        if timer := self._guests.pop(guest, None):
            timer.cancel()

    def refuse(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """The handler of the loop's errors: out of descriptors, the older half of them goes."""
        if not str(context.get("message")).startswith("socket.accept()"):
            loop.default_exception_handler(context)
            return
        for _ in range(len(self._guests) // 2):
            self._drop_first()
        self._tell()

    def _lose_patience(self, guest: Guest) -> None:
        if guest.has_begun:
            self._drop(guest)
        else:  # a browser that connects in advance, a balancer that only looks at the port
            self.let_out(guest)
            guest.drop()

    def _drop_first(self) -> None:
        self._drop(next(iter(self._guests)))

    def _drop(self, guest: Guest) -> None:
        self.let_out(guest)
        guest.drop()
        self._dropped += 1
        self._tell()

    def _tell(self) -> None:
        if self._clock() - self._told_at < _PAUSE:
            return
        _log.warning(
            "slow or too many clients: connections are dropped (%d so far; at most %d are open, "
            "for %g s without an answer)",
            self._dropped,
            self.limits.connections,
            self.limits.patience,
        )
        self._told_at = self._clock()


def usual_limits() -> Limits:
    """For this process: what its limit of file descriptors leaves, 256 connections at most."""
    return Limits(max(_FEWEST, min(_MOST, _descriptors() - _RESERVED)))


def _descriptors() -> int:
    if sys.platform == "win32":
        return sys.maxsize
    import resource  # noqa: PLC0415  # not on Windows

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft
