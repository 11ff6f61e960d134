"""Connections of the server: a bounded number, and none that keeps it waiting.

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

LOGGER: Final = "ingenious_ops.listening"
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
    """At most so many; one more, and who keeps the server waiting longest has to go."""
    timeout: float = 10.0
    """Seconds from one answer, or from connecting, until the next request has arrived; its body
    apart."""
    idle: int = 5
    """Seconds until a connection without a request is closed after an answer."""
    body: float = 10.0
    """Seconds until the body of a request has arrived, as long as nothing was answered."""
    stalled: float = 10.0
    """Seconds for which a client may read nothing of an answer."""
    unread: int = 256 * 1024 * 1024
    """Bytes of answers that clients let wait, of all of them together: each is in memory."""
    header: int = 64 * 1024
    """Bytes of the header of a request, its URL included."""
    url: int = 16 * 1024
    """Bytes of the URL of a request."""
    grace: int = 5
    """Seconds that requests under way have when a signal came."""


class Connection(Protocol):
    """One connection of a client."""

    has_begun: bool
    """It has sent something since its last answer."""

    def drop(self) -> None:
        """Close the connection at once."""

    def reads_on(self) -> bool:
        """Whether it has read some more of an answer since this was asked last."""

    def unread(self) -> int:
        """Bytes of an answer that it has not taken yet."""


class Connections:
    """The open connections of a server; used by the event loop's thread alone."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits, self._clock = limits, clock
        self._waited_for: dict[Connection, asyncio.TimerHandle] = {}
        self._working: set[Connection] = set()
        self._stalled: dict[Connection, None] = {}
        self._dropped, self._warned_at = 0, -_PAUSE

    def admit(self, connection: Connection) -> None:
        """It has connected, or was answered: its time begins anew, behind all others."""
        self.release(connection)
        self._await(connection, self.limits.timeout)
        while len(self._waited_for) + len(self._working) > self.limits.connections:
            self._drop_first()

    def hold(self, connection: Connection, seconds: float) -> None:
        """The server waits for it: for a body, or for it to read."""
        self._working.discard(connection)
        if timer := self._waited_for.get(connection):
            timer.cancel()
        self._await(connection, seconds)

    def work(self, connection: Connection) -> None:
        """It waits for the server: no time runs, and it does not have to go for others."""
        self.release(connection)
        self._working.add(connection)

    def stall(self, connection: Connection) -> None:
        """It reads slower than the server writes; before that fills the memory, the first goes."""
        self.hold(connection, self.limits.stalled)
        self._stalled[connection] = None
        while len(self._stalled) > 1 and self._unread() > self.limits.unread:
            self._drop(next(iter(self._stalled)))

    def flow(self, connection: Connection) -> None:
        """It has read what was there, or has gone."""
        self._stalled.pop(connection, None)

    def release(self, connection: Connection) -> None:
        """It has gone; again is fine."""
        self._working.discard(connection)
        if timer := self._waited_for.pop(connection, None):
            timer.cancel()

    def handle_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """The handler of the loop's errors: out of descriptors, the older half of them goes."""
        if not str(context.get("message")).startswith("socket.accept()"):
            loop.default_exception_handler(context)
            return
        for _ in range(len(self._waited_for) // 2):
            self._drop_first()
        self._warn()

    def _await(self, connection: Connection, seconds: float) -> None:
        later = asyncio.get_running_loop().call_later
        self._waited_for[connection] = later(seconds, self._time_out, connection)

    def _time_out(self, connection: Connection) -> None:
        if connection.reads_on():
            self._await(connection, self.limits.stalled)
        elif connection.has_begun:
            self._drop(connection)
        else:  # a browser that connects in advance, a balancer that only looks at the port
            self.release(connection)
            connection.drop()

    def _drop_first(self) -> None:
        self._drop(next(iter(self._waited_for)))

    def _drop(self, connection: Connection) -> None:
        self.release(connection)
        self.flow(connection)
        connection.drop()
        self._dropped += 1
        self._warn()

    def _unread(self) -> int:
        return sum(connection.unread() for connection in self._stalled)

    def _warn(self) -> None:
        if self._clock() - self._warned_at < _PAUSE:
            return
        _log.warning(
            "slow or too many clients: connections are dropped (%d so far; at most %d are open, "
            "for %g s without an answer)",
            self._dropped,
            self.limits.connections,
            self.limits.timeout,
        )
        self._warned_at = self._clock()


def connections_at_most(most: int = _MOST) -> int:
    """For this process: `most`, or what its limit of file descriptors leaves."""
    return max(_FEWEST, min(most, _descriptors() - _RESERVED))


def usual_limits() -> Limits:
    """Those of a server of short answers to few: probes."""
    return Limits(connections_at_most())


def _descriptors() -> int:
    if sys.platform == "win32":
        return sys.maxsize
    import resource  # noqa: PLC0415  # not on Windows

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft
