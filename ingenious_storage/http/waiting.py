"""Waiting: the time of one call, as timeouts of the socket that it waits on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from ingenious_storage.http.errors import Failure, HttpError

if TYPE_CHECKING:
    from ingenious_storage.http.sockets import Wire

MIN_RATE: Final = 128 * 1024
"""Bytes a second that a body may take at the least: it extends the time of a call."""
_clock: Final = time.monotonic


class Waiting:
    """The time of one call. `seconds` are for all of it but the transport of bodies."""

    __slots__ = ("_ends", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds, self._ends = seconds, _clock() + seconds

    def allow(self, size: int) -> None:
        """More time, for a body of so many bytes."""
        self._ends += size / MIN_RATE

    def left(self, *, sent: bool) -> float:
        """Seconds. Raises: HttpError when there are none."""
        left = self._ends - _clock()
        if left <= 0:
            raise timed_out(self.seconds, sent=sent)
        return left

    def apply(self, sock: Wire, *, sent: bool, most: float | None = None) -> None:
        """Have `sock` wait no longer than is left, nor than `most` seconds.

        Raises: HttpError when nothing is left.
        """
        left, timeout = self._ends - _clock(), sock.gettimeout()
        if left <= 0:
            raise timed_out(self.seconds, sent=sent)
        wanted = min(self.seconds, left, self.seconds if most is None else most)
        if timeout is None or not wanted * 0.95 <= timeout <= wanted * 1.05:
            sock.settimeout(wanted)  # a call of the system, which a small error is not worth


def timed_out(seconds: float, *, sent: bool) -> HttpError:
    """The error of a call whose time is over."""
    what = "no whole answer" if sent else "no connection"
    return HttpError(Failure.TIMEOUT, f"{what} within {seconds:g} s", sent=sent)
