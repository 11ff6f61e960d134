"""Connections: one socket to one peer, one request and its answer at a time."""

from __future__ import annotations

import select
import ssl
import time
from typing import TYPE_CHECKING, Final

from ingenious_storage.http.alerts import is_of_identity, refused_identity
from ingenious_storage.http.bodies import LONG, read_long
from ingenious_storage.http.errors import Failure, HttpError
from ingenious_storage.http.sockets import PlainSocket, shut
from ingenious_storage.http.waiting import timed_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingenious_storage.http.answers import Answer
    from ingenious_storage.http.sockets import Wire
    from ingenious_storage.http.waiting import Waiting

_RECEIVE: Final = 64 * 1024
_JOINED: Final = 128 * 1024
"""Bytes of a body that is copied behind its head, which costs less than a second call."""
_PIECE: Final = 256 * 1024
"""Bytes of a long body that are sent at a time; the system takes about as many."""
_PATIENCE: Final = 1.0
"""Seconds that a peer may not read before it is asked whether it has answered already."""
_RECORD: Final = 8 * 1024
"""Bytes that fit in one record of TLS, also of TLS in TLS: nobody can read a part of one."""


class Connection:
    """A connected socket. Used by one thread at a time; any thread may `cut` it.

    It is closed after whatever was raised: half an answer may be left on it.
    """

    def __init__(self, wire: Wire) -> None:
        self._sock, self._is_new = wire, True
        self._poll = _poll(wire)
        self._is_plain = isinstance(wire, PlainSocket)
        self.idle_since = time.monotonic()

    def exchange(self, head: bytes, body: bytes, answer: Answer, waiting: Waiting) -> bool:
        """Send a request, and feed `answer` until it is complete.

        Returns: whether another exchange may follow on this connection.
        Raises: HttpError; whatever the sink of the answer raises.
        """
        broken = self._send(head, body, answer, waiting)
        sock = self._sock
        while not answer.is_complete:
            try:
                if answer.takes_rest and answer.missing > LONG:
                    answer.take_rest(read_long(sock, answer.missing, waiting))
                    break
                waiting.apply(sock, sent=True)
                data = sock.recv(_RECEIVE)
            except OSError as error:
                raise self._failed(error, waiting) from broken or error
            if not data:
                answer.end()
                break
            waiting.allow(answer.feed(data))
        self._is_new = False
        return answer.may_follow and broken is None and (self._is_plain or not self._has_more())

    def is_stale(self, max_idle: float) -> bool:
        """Whether the peer has closed it, or sent what nobody asked for, or it is too old.

        A peer that closes after this look is told by the first send, where nothing was sent, or by
        an end in place of an answer, where nobody knows: the request and the end crossed, or the
        peer read it and broke down.
        """
        if time.monotonic() - self.idle_since > max_idle:
            return True
        return bool(self._poll()) and (self._is_plain or not self._has_record_only())

    def rest(self) -> None:
        """Nobody uses it from now on."""
        self.idle_since = time.monotonic()

    def cut(self) -> None:
        """End what is under way, from another thread: as if the peer had closed it."""
        shut(self._sock)

    def close(self) -> None:
        """Give the socket back; more than once is fine."""
        self._sock.close()

    def _send(self, head: bytes, body: bytes, answer: Answer, waiting: Waiting) -> Exception | None:
        """What was met when the peer read no further: it may have answered already."""
        data = head + body if len(body) <= _JOINED else head
        waiting.allow(len(body))
        waiting.apply(self._sock, sent=False)
        try:
            count = self._sock.send(data)
        except OSError as error:
            # The system took nothing, or TLS no whole record. What may be left to be read is no
            # answer to this request.
            sent = not self._is_plain and len(data) > _RECORD
            if isinstance(error, TimeoutError):
                raise timed_out(waiting.seconds, sent=sent) from None
            told = self._heard()
            if told is not None:
                raise refused_identity(told) from told
            raise _closed(error, sent=sent) from error
        if count < len(data):
            broken = self._send_rest(memoryview(data)[count:], answer, waiting)
            if broken is not None:
                return broken
        return self._send_rest(memoryview(body), answer, waiting) if len(body) > _JOINED else None

    def _send_rest(self, rest: memoryview, answer: Answer, waiting: Waiting) -> Exception | None:
        stalls = time.monotonic() + waiting.seconds
        while rest:
            self._sock.settimeout(min(waiting.left(sent=True), _PATIENCE))
            try:
                rest = rest[self._sock.send(rest[:_PIECE]) :]
            except TimeoutError as error:
                if self._answers(answer):
                    return error
                if time.monotonic() > stalls:
                    raise timed_out(waiting.seconds, sent=True) from None
            except OSError as error:
                return error
            else:
                stalls = time.monotonic() + waiting.seconds
        return None

    def _answers(self, answer: Answer) -> bool:
        """Whether the peer has begun its answer, before it has read the whole request."""
        if not self._poll():
            return False
        self._sock.settimeout(0)
        try:
            data = self._sock.recv(_RECEIVE)
        except OSError:  # a record of TLS that holds no data; what broke is met again
            return False
        if data:
            answer.feed(data)
        else:
            answer.end()
        return True

    def _has_more(self) -> bool:
        """Whether TLS holds what came behind an answer: no look at the socket shows it."""
        return bool(getattr(self._sock, "pending")())  # noqa: B009

    def _heard(self) -> OSError | None:
        """Why the peer broke off before it got anything, if it says so by TLS."""
        if self._is_plain or not self._is_new:
            return None
        try:
            self._sock.recv(1)
        except OSError as error:
            return error if is_of_identity(error) else None
        return None

    def _has_record_only(self) -> bool:
        """Whether what has come is of TLS itself: a ticket, or a key that is changed."""
        self._sock.settimeout(0)
        try:
            self._sock.recv(1)
        except ssl.SSLWantReadError:
            return True
        except OSError:
            return False
        return False

    def _failed(self, error: OSError, waiting: Waiting) -> HttpError:
        if isinstance(error, TimeoutError):
            return timed_out(waiting.seconds, sent=True)
        if self._is_new and is_of_identity(error):
            # By TLS 1.3 the peer looks at this side's certificate when this side is done with its
            # own part; it reads no request before.
            return refused_identity(error)
        return _closed(error, sent=True)


def _closed(error: OSError, *, sent: bool) -> HttpError:
    return HttpError(Failure.CLOSED, f"the connection broke ({type(error).__name__})", sent=sent)


def _poll(wire: Wire) -> Callable[[], object]:
    """A call that says whether there is something to read, at once."""
    number = wire.fileno()
    if not hasattr(select, "poll"):  # Windows
        return lambda: select.select([number], [], [], 0)[0]
    poll = select.poll()
    poll.register(number, select.POLLIN)
    return lambda: poll.poll(0)
