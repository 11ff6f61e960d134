"""Connections that another thread can cut off while one waits for the store on them.

urllib3 has no such thing: a request ends with its answer, or by its timeouts, which begin anew
with each packet. What waits in the kernel wakes up when its socket is shut down.
"""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from ingenious_storage.runtime import forks

if TYPE_CHECKING:
    from collections.abc import Iterator


class Request:
    """One request of one thread, and the socket that it waits on."""

    def __init__(self) -> None:
        self._guard, self._was_cut = forks.new_lock(), False
        self._connection: Any = None
        self._connecting: socket.socket | None = None

    def cut(self) -> None:
        """End it now, from another thread: as if the peer had closed the connection."""
        with self._guard:
            self._was_cut = True
            self._shut()

    def hold(self, connection: Any) -> None:
        """The connection is this request's; with None it may be another's from now on."""
        with self._guard:
            self._connection = connection
            self._shut_if_cut()

    def begin_connecting(self, sock: socket.socket) -> None:
        """Before `sock` connects. TLS replaces the object, so that a second one is kept."""
        self.end_connecting()
        with self._guard:
            self._connecting = sock.dup()
            self._shut_if_cut()

    def end_connecting(self) -> None:
        """The connection itself holds its socket now, or has none."""
        with self._guard:
            connecting, self._connecting = self._connecting, None
            self._shut_if_cut()
        if connecting is not None:
            connecting.close()

    def refuse_if_cut(self) -> None:
        """Raises: OSError once the request was cut off."""
        if self._was_cut:
            raise OSError("the caller has given up")

    def _shut_if_cut(self) -> None:
        if self._was_cut:
            self._shut()

    def _shut(self) -> None:
        sock = self._connecting or getattr(self._connection, "sock", None)
        if sock is not None:
            # Not a TLS socket's own method, which takes the session away from who reads.
            with suppress(OSError):
                socket.socket.shutdown(getattr(sock, "socket", sock), socket.SHUT_RDWR)


_here: Final = threading.local()


@contextmanager
def sending(request: Request) -> Iterator[None]:
    """What this thread sends inside the block can be cut off as `request`."""
    _here.request = request
    try:
        yield
    finally:
        _here.request = None
        request.hold(None)


def _request() -> Request | None:
    return getattr(_here, "request", None)


def _connect(connection: HTTPConnection, request: Request) -> socket.socket:
    """As urllib3 does it, but with a socket that is known before it connects."""
    host, timeout = connection._dns_host.strip("[]"), connection.timeout  # noqa: SLF001
    failure: OSError = OSError(f"{host} has no address")
    try:
        found = socket.getaddrinfo(host, connection.port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise NameResolutionError(connection.host, connection, error) from error
    for family, kind, protocol, _, address in found:
        sock = socket.socket(family, kind, protocol)
        try:
            for option in connection.socket_options or ():
                sock.setsockopt(*option)
            sock.settimeout(timeout if isinstance(timeout, int | float) else None)
            request.begin_connecting(sock)
            request.refuse_if_cut()
            sock.connect(address)
        except OSError as error:
            failure = error
            sock.close()
        else:
            return sock
    told = f"Failed to establish a new connection: {failure}"
    kind_of = ConnectTimeoutError if isinstance(failure, TimeoutError) else NewConnectionError
    raise kind_of(connection, told) from failure


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        request = _request()
        return super()._new_conn() if request is None else _connect(self, request)

    def connect(self) -> None:
        with _connecting():
            super().connect()


class _TlsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        request = _request()
        return super()._new_conn() if request is None else _connect(self, request)

    def connect(self) -> None:
        with _connecting():
            super().connect()


@contextmanager
def _connecting() -> Iterator[None]:
    try:
        yield
    finally:
        request = _request()
        if request is not None:
            request.end_connecting()


class _Pool(HTTPConnectionPool):
    """Tells the request of this thread which connection is its own."""

    ConnectionCls: type[HTTPConnection] = _Connection

    def _get_conn(self, timeout: float | None = None) -> Any:
        return _held(super()._get_conn(timeout))

    def _put_conn(self, conn: Any) -> None:
        _held(None)
        super()._put_conn(conn)


class _TlsPool(_Pool, HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


def _held(connection: Any) -> Any:
    request = _request()
    if request is not None:
        request.hold(connection)
    return connection


class CuttableAdapter(HTTPAdapter):
    """`requests` with these connections, also by an HTTP proxy."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """As `HTTPAdapter`'s, with connections that can be cut off."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """As `HTTPAdapter`'s, with connections that can be cut off; SOCKS has pools of its own."""
        manager = super().proxy_manager_for(proxy, **options)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager


_POOLS: Final = {"http": _Pool, "https": _TlsPool}
