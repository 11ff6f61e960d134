"""Client: requests to one host, on connections that are kept and shared by all threads."""

from __future__ import annotations

from collections import deque
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from ingenious_storage.http.answers import Answer, Response, Sink
from ingenious_storage.http.dialing import Dialing
from ingenious_storage.http.heads import request_head
from ingenious_storage.http.tls import Trust, make_context
from ingenious_storage.http.waiting import Waiting
from ingenious_storage.runtime import deadlines, forks
from ingenious_storage.runtime.unpickled import Unpickled

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from ingenious_storage.http.connection import Connection

KEPT: Final = 64
"""Connections that are kept while nobody uses them."""
MAX_IDLE: Final = 60.0
"""Seconds after which a connection that nobody used is not trusted any more: what lies between
may have forgotten it without a word."""
SMALL: Final = 1024 * 1024
"""Bytes of an answer from which nothing is expected but a few lines."""
_NOTHING: Final = nullcontext()


class Client(Unpickled):
    """Sends requests to one origin. Making one does no I/O. Thread-safe, and safe after a fork.

    Args:
        url: scheme, host and port; what follows is not looked at.
        timeout: seconds for a call, besides what its bodies take at `waiting.MIN_RATE`.
        trust: whom to trust, and how to prove who this side is.

    Raises: ConfigurationError.
    """

    def __init__(self, url: str, *, timeout: float, trust: Trust = Trust()) -> None:
        parts = urlsplit(url)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._host, self._authority = parts.hostname or "", parts.netloc
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._timeout, self._trust = timeout, trust
        self._is_secure = parts.scheme == "https"
        self._context: ssl.SSLContext | None = None
        self._forget()
        forks.in_child(self._forget)

    def send(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        *,
        limit: int = SMALL,
        sink: Sink | None = None,
        host: str | None = None,
    ) -> Response:
        """Send one request and return its answer, whatever its status. Nothing is sent twice.

        Args:
            target: path and query, percent-encoded.
            headers: what the framing does not set itself: no Host, no Content-Length.
            limit: bytes that the body of a success may have.
            sink: gets the body of a success piece by piece, as it arrives.
            host: the Host header, and the name in a virtual-host style; else that of the URL.

        Raises: HttpError; ValueError for a header that is none.
        """
        head = request_head(method, target, host or self._authority, headers, len(body))
        answer, waiting = Answer(method, limit, sink), Waiting(self._timeout)
        connection = self._idle() or self._connect(waiting)
        try:
            with deadlines.interrupting(connection.cut) if deadlines.is_set() else _NOTHING:
                connection.exchange(head, body, answer, waiting)
        except BaseException:
            connection.close()
            raise
        self._keep(connection, answer)
        return answer.response()

    def close(self) -> None:
        """Close the connections that nobody uses; a later call opens new ones."""
        idle, self._kept = self._kept, deque()
        while idle:
            idle.pop().close()

    def _forget(self) -> None:
        # In a forked child the parent still uses them: closing ours leaves the parent's alone.
        self._kept: deque[Connection] = deque()

    def _idle(self) -> Connection | None:
        kept = self._kept
        while kept:
            try:
                connection = kept.pop()
            except IndexError:  # another thread was faster
                return None
            if not connection.is_stale(MAX_IDLE):
                return connection
            connection.close()
        return None

    def _connect(self, waiting: Waiting) -> Connection:
        if self._is_secure and self._context is None:
            self._context = make_context(self._trust)
        dialing = Dialing(waiting)
        with deadlines.interrupting(dialing.cut):
            return dialing.connect(self._host, self._port, self._context)

    def _keep(self, connection: Connection, answer: Answer) -> None:
        if answer.may_follow and len(self._kept) < KEPT:
            connection.rest()
            self._kept.append(connection)
        else:
            connection.close()
