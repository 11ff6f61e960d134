"""Client: requests to one host, on connections that are kept and shared by all threads."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from weakref import WeakSet

from ingenious_storage.http.answers import Answer, Response, Sink
from ingenious_storage.http.dialing import Dialing
from ingenious_storage.http.errors import Failure, HttpError
from ingenious_storage.http.heads import request_head
from ingenious_storage.http.places import origin_of
from ingenious_storage.http.proxies import proxy_of_environment
from ingenious_storage.http.tls import authorities, make_context
from ingenious_storage.http.trust import BY_ENVIRONMENT, Trust, ca_of_environment
from ingenious_storage.http.waiting import Waiting
from ingenious_storage.runtime import deadlines, forks
from ingenious_storage.runtime.unpickled import Unpickled, Value

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


@dataclass(frozen=True, slots=True)
class Route(Value):
    """How requests travel, by the configuration and by the environment when the client was made."""

    proxy: str | None
    """Its URL, which may hold a password."""
    ca_file: str | None
    """The file, or folder, of the authorities that are trusted; None for those of Windows."""


class Client(Unpickled):
    """Sends requests to one origin. Making one does no I/O. Thread-safe, and safe after a fork.

    The environment is asked once, here, for a proxy and for a CA file.

    Args:
        url: scheme, host and port; what follows is not looked at.
        timeout: seconds for a call, besides what its bodies take at `waiting.MIN_RATE`.
        trust: whom to trust, and how to prove who this side is.
        otherwise: what else to do about a SOCKS proxy, for a hint.

    Raises: ConfigurationError.
    """

    def __init__(
        self, url: str, *, timeout: float, trust: Trust = BY_ENVIRONMENT, otherwise: str = ""
    ) -> None:
        self._is_secure, self._place, self._authority = origin_of(url)
        self.origin = f"{'https' if self._is_secure else 'http'}://{self._authority}"
        self._proxy = proxy_of_environment(self.origin, otherwise=otherwise)
        self._forwards = self._proxy is not None and not self._is_secure
        self._timeout = timeout
        self._trust = replace(trust, ca_file=trust.ca_file or ca_of_environment())
        self._context: ssl.SSLContext | None = None
        self._guard = forks.new_lock()
        self._open: WeakSet[Connection] = WeakSet()
        self._kept: deque[Connection] = deque()
        forks.in_child(self._forget)

    def route(self) -> Route:
        """Which proxy is used, and whom TLS trusts.

        Raises: ConfigurationError when the CA file that is named is not there.
        """
        proxy = None if self._proxy is None else self._proxy.url
        return Route(proxy, authorities(self._trust.ca_file))

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
        if self._forwards:
            target, headers = self._for_proxy(target, headers, host)
        head = request_head(method, target, host or self._authority, headers, len(body))
        answer, waiting = Answer(method, limit, sink), Waiting(self._timeout)
        kept = self._kept
        connection = self._idle(kept) or self._connect(waiting)
        try:
            if deadlines.current() is not None:
                with deadlines.interrupting(connection.cut):
                    may_follow = connection.exchange(head, body, answer, waiting)
            else:
                may_follow = connection.exchange(head, body, answer, waiting)
        except BaseException as error:
            connection.close()
            answer.release()
            self._name_host(error)
            raise
        # Another deque is there when this client was closed meanwhile.
        if may_follow and len(kept) < KEPT and kept is self._kept:
            connection.rest()
            kept.append(connection)
            if len(kept) > 1:
                self._drop_oldest(kept, connection.idle_since - MAX_IDLE)
        else:
            connection.close()
        response = answer.response()
        if response.status == 407 and self._forwards:
            raise self._asks_for_login()
        return response

    def close(self) -> None:
        """Close the connections that nobody uses, and the others after their answers.

        A later call opens new ones.
        """
        idle, self._kept = self._kept, deque()
        while idle:
            idle.pop().close()

    def _forget(self) -> None:
        # In a forked child: the parent still uses them, and closing ours leaves the parent's alone.
        # One that we keep open would not end when the parent closes it.
        self._kept = deque()
        for connection in list(self._open):
            connection.close()
        self._open = WeakSet()

    @staticmethod
    def _idle(kept: deque[Connection]) -> Connection | None:
        while kept:
            try:
                connection = kept.pop()
            except IndexError:  # another thread was faster
                return None
            if not connection.is_stale(MAX_IDLE):
                return connection
            connection.close()
        return None

    @staticmethod
    def _drop_oldest(kept: deque[Connection], since: float) -> None:
        """The last one that came is the next to go: those below would stay for ever."""
        try:
            if kept[0].idle_since < since:
                kept.popleft().close()
        except IndexError:  # another thread was faster
            pass

    def _connect(self, waiting: Waiting) -> Connection:
        context, dialing = self._tls(), Dialing(waiting)
        try:
            with deadlines.interrupting(dialing.cut):
                connection = dialing.connect(
                    self._place, is_secure=self._is_secure, proxy=self._proxy, context=context
                )
        except HttpError as error:
            self._name_host(error)
            raise
        self._open.add(connection)
        return connection

    def _name_host(self, error: BaseException) -> None:
        if isinstance(error, HttpError):
            error.host = error.host or str(self._place)

    def _tls(self) -> ssl.SSLContext | None:
        if not self._is_secure and (self._proxy is None or not self._proxy.is_secure):
            return None
        with self._guard:  # reading all authorities takes 20 ms
            if self._context is None:
                self._context = make_context(self._trust)
            return self._context

    def _for_proxy(
        self, target: str, headers: Mapping[str, str], host: str | None
    ) -> tuple[str, Mapping[str, str]]:
        """The whole URL (RFC 9112, section 3.2.2), and who asks the proxy for it."""
        assert self._proxy is not None
        login = self._proxy.authorization
        whole = f"http://{host or self._authority}{target}"
        return whole, headers if login is None else {**headers, "Proxy-Authorization": login}

    def _asks_for_login(self) -> HttpError:
        assert self._proxy is not None
        place = str(self._proxy.place)
        return HttpError(Failure.PROXY, "the proxy asks for a login (407)", sent=False, host=place)
