"""Dialing: from the name of a host to a socket that is connected, by a proxy and TLS where due."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Final

from ingenious_storage.http.alerts import is_of_identity, refused_identity
from ingenious_storage.http.answers import Answer
from ingenious_storage.http.connection import Connection
from ingenious_storage.http.errors import Failure, HttpError
from ingenious_storage.http.heads import request_head
from ingenious_storage.http.names import Address, Lookup
from ingenious_storage.http.sockets import PlainSocket, TlsSocket, shut
from ingenious_storage.http.tunnel import TlsInTls
from ingenious_storage.http.waiting import timed_out

if TYPE_CHECKING:
    from ingenious_storage.http.places import Place
    from ingenious_storage.http.proxies import Proxy
    from ingenious_storage.http.sockets import Wire
    from ingenious_storage.http.waiting import Waiting

_MOST: Final = 10.0
"""Seconds for one address of several."""


class Dialing:
    """One attempt to connect. Used by one thread; any other may `cut` it."""

    def __init__(self, waiting: Waiting) -> None:
        self._waiting, self._was_cut = waiting, False
        self._lookup = Lookup()
        self._wire: Wire | None = None

    def cut(self) -> None:
        """End it, from another thread."""
        self._was_cut = True
        self._lookup.cut()
        if self._wire is not None:
            shut(self._wire)

    def connect(
        self,
        place: Place,
        *,
        is_secure: bool,
        proxy: Proxy | None,
        context: ssl.SSLContext | None,
    ) -> Connection:
        """A connection for requests to `place`.

        One of TLS leads there, also by a proxy; without TLS a proxy is where it leads, and is told
        with each request where to go on.

        Raises: HttpError.
        """
        hop, hop_is_secure = (proxy.place, proxy.is_secure) if proxy else (place, is_secure)
        try:
            try:
                self._dial(hop)
            except HttpError as error:
                if proxy is None or error.failure not in (Failure.NAME, Failure.CONNECT):
                    raise
                raise _by_proxy(hop, f"the proxy cannot be reached: {error}") from error
            if hop_is_secure:
                self._secure(context, hop)
            if proxy is not None and is_secure:
                self._ask(proxy, place)
                self._secure(context, place)
        except BaseException:
            if self._wire is not None:
                self._wire.close()
            raise
        assert self._wire is not None
        return Connection(self._wire)

    def _hold(self, wire: Wire) -> None:
        self._wire = wire
        # Who cuts sets the mark first, and looks for the socket then.
        if self._was_cut:
            raise HttpError(Failure.CLOSED, "the caller has given up", sent=False)

    def _dial(self, place: Place) -> None:
        failure: OSError = OSError("no address")
        found = self._look_up(place)
        for index, (family, kind, protocol, _, address) in enumerate(found):
            left, others = self._waiting.left(sent=False), len(found) - index - 1
            try:
                sock = PlainSocket(family, kind, protocol)
                self._hold(sock)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.settimeout(min(left / (others + 1), _MOST) if others else left)
                sock.connect(address)
            except OSError as error:
                failure = error.with_traceback(None)  # which would hold this frame
                if self._wire is not None:
                    self._wire.close()
            else:
                return
        if isinstance(failure, TimeoutError):
            raise timed_out(self._waiting.seconds, sent=False) from failure
        told = f"no connection to {place} ({failure.strerror or type(failure).__name__})"
        raise HttpError(Failure.CONNECT, told, sent=False, host=str(place)) from failure

    def _look_up(self, place: Place) -> list[Address]:
        try:
            found = self._lookup.find(*place, self._waiting.left(sent=False))
        except (OSError, UnicodeError) as error:
            told = f"the name {place.host} cannot be found"
            raise HttpError(Failure.NAME, told, sent=False, host=str(place)) from error
        if not found:
            if self._was_cut:
                raise HttpError(Failure.CLOSED, "the caller has given up", sent=False)
            raise timed_out(self._waiting.seconds, sent=False)
        return found

    def _ask(self, proxy: Proxy, place: Place) -> None:
        """Have a proxy pass on what follows (RFC 9110, section 9.3.6)."""
        assert self._wire is not None
        login = proxy.authorization
        headers = {} if login is None else {"Proxy-Authorization": login}
        head, answer = (
            request_head("CONNECT", str(place), str(place), headers, 0),
            Answer("CONNECT", 0),
        )
        try:
            Connection(self._wire).exchange(head, b"", answer, self._waiting)
        except HttpError as error:
            if error.failure is Failure.TIMEOUT:
                raise timed_out(self._waiting.seconds, sent=False) from error
            raise _by_proxy(proxy.place, f"the proxy did not answer: {error}") from error
        finally:
            answer.release()
        if answer.status == 407:
            raise _by_proxy(proxy.place, "the proxy asks for a login (407)")
        if answer.status >= 300 or answer.has_surplus:
            raise _by_proxy(proxy.place, f"the proxy answered {answer.status} to CONNECT {place}")

    def _secure(self, context: ssl.SSLContext | None, place: Place) -> None:
        assert context is not None
        assert self._wire is not None
        try:
            self._waiting.apply(self._wire, sent=False)
            # Nothing is waited for before the new object can be cut.
            secured = _wrapped(context, self._wire, place.host)
            self._hold(secured)
            secured.do_handshake()
        except TimeoutError as error:
            raise timed_out(self._waiting.seconds, sent=False) from error
        except ssl.SSLCertVerificationError as error:
            raise HttpError(
                Failure.CERTIFICATE,
                f"the certificate of {place} is not trusted: {error.verify_message}",
                sent=False,
                host=str(place),
            ) from error
        except (OSError, ValueError) as error:
            if is_of_identity(error):
                raise refused_identity(error, str(place)) from error
            told = getattr(error, "reason", None) or type(error).__name__
            raise HttpError(
                Failure.TLS, f"no TLS with {place} ({told})", sent=False, host=str(place)
            ) from error


def _wrapped(context: ssl.SSLContext, wire: Wire, name: str) -> TlsSocket | TlsInTls:
    if isinstance(wire, TlsSocket):
        return TlsInTls(context, wire, name)
    assert isinstance(wire, PlainSocket)
    secured = context.wrap_socket(
        wire, server_hostname=name, do_handshake_on_connect=False, suppress_ragged_eofs=False
    )
    assert isinstance(secured, TlsSocket)
    return secured


def _by_proxy(place: Place, told: str) -> HttpError:
    return HttpError(Failure.PROXY, told, sent=False, host=str(place))
