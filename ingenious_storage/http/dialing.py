"""Dialing: from a host's name to a socket that is connected, and speaks TLS where it should."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Final

from ingenious_storage.http.connection import Connection, shut
from ingenious_storage.http.errors import Failure, HttpError
from ingenious_storage.http.waiting import timed_out

if TYPE_CHECKING:
    from ingenious_storage.http.waiting import Waiting

_EACH: Final = 10.0
"""Seconds for one address of several."""


class Dialing:
    """One attempt to connect. Used by one thread; any other may `cut` it."""

    def __init__(self, waiting: Waiting) -> None:
        self._waiting, self._was_cut = waiting, False
        self._sock: socket.socket | None = None

    def cut(self) -> None:
        """End it, from another thread."""
        self._was_cut = True
        if self._sock is not None:
            shut(self._sock)

    def connect(self, host: str, port: int, context: ssl.SSLContext | None) -> Connection:
        """A connection; with a context one of TLS, by the name `host`. Raises: HttpError."""
        place = f"{host}:{port}"
        try:
            self._dial(host, port, place)
            if context is not None:
                self._secure(context, host, place)
        except BaseException:
            if self._sock is not None:
                self._sock.close()
            raise
        assert self._sock is not None
        return Connection(self._sock)

    def _hold(self, sock: socket.socket) -> None:
        self._sock = sock
        # Who cuts sets the mark first, and looks for the socket then.
        if self._was_cut:
            raise HttpError(Failure.CLOSED, "the caller has given up", sent=False)

    def _dial(self, host: str, port: int, place: str) -> None:
        failure: OSError = OSError(f"{host} has no address")
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise HttpError(
                Failure.NAME, f"the name {host} cannot be found", sent=False, host=place
            ) from error
        for index, (family, kind, protocol, _, address) in enumerate(found, 1):
            left = self._waiting.left(sent=False)
            sock = socket.socket(family, kind, protocol)
            try:
                self._hold(sock)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.settimeout(left if index == len(found) else min(left, _EACH))
                sock.connect(address)
            except OSError as error:
                failure = error
                sock.close()
            else:
                return
        if isinstance(failure, TimeoutError):
            raise timed_out(self._waiting.seconds, sent=False) from failure
        raise HttpError(
            Failure.CONNECT,
            f"no connection to {place} ({type(failure).__name__})",
            sent=False,
            host=place,
        ) from failure

    def _secure(self, context: ssl.SSLContext, host: str, place: str) -> None:
        assert self._sock is not None
        try:
            self._waiting.apply(self._sock, sent=False)
            # Nothing is waited for before the new object can be cut.
            secured = context.wrap_socket(
                self._sock,
                server_hostname=host,
                do_handshake_on_connect=False,
                suppress_ragged_eofs=False,
            )
            self._hold(secured)
            secured.do_handshake()
        except TimeoutError as error:
            raise timed_out(self._waiting.seconds, sent=False) from error
        except ssl.SSLCertVerificationError as error:
            raise HttpError(
                Failure.CERTIFICATE,
                f"the certificate of {place} is not trusted: {error.verify_message}",
                sent=False,
                host=place,
            ) from error
        except (OSError, ValueError) as error:
            raise HttpError(
                Failure.TLS, f"no TLS with {place} ({type(error).__name__})", sent=False, host=place
            ) from error
