"""Tunnels: TLS to a service inside the TLS of a proxy. Python's own TLS sockets cannot do that."""

from __future__ import annotations

import ssl
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingenious_storage.http.sockets import TlsSocket

_RECEIVE: Final = 64 * 1024
_RECORD: Final = 16 * 1024


class TlsInTls:
    """A `Wire` of TLS through `outer`, for one thread. Its errors are those of sockets."""

    def __init__(self, context: ssl.SSLContext, outer: TlsSocket, name: str) -> None:
        self.outer = outer
        self._timeout = outer.gettimeout()
        self._came, self._goes = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._left = b""
        """What is encrypted, and not sent yet."""
        self._tls = context.wrap_bio(self._came, self._goes, server_hostname=name)

    def do_handshake(self) -> None:
        """Raises: OSError, an ssl.SSLError among them."""
        self._run(self._tls.do_handshake)
        self._flush()

    def send(self, data: bytes | memoryview) -> int:
        """Bytes that were taken; some of them may wait here for the next call."""
        self._flush()
        count = self._tls.write(memoryview(data)[:_RECORD])
        with suppress(TimeoutError, BlockingIOError, ssl.SSLWantWriteError):
            self._flush()  # else the next call meets it, and nothing is taken then
        return count

    def recv(self, size: int) -> bytes:
        """Bytes that came; none when the peer has ended."""
        found: bytes = self._read(size)
        return found

    def pending(self) -> int:
        """Whether something has come that was not read yet: its size, encrypted or not."""
        return self._tls.pending() + self._came.pending + self.outer.pending()

    def settimeout(self, seconds: float | None) -> None:
        """For each call, however many pieces it takes."""
        self._timeout = seconds
        self.outer.settimeout(seconds)

    def gettimeout(self) -> float | None:
        """What was set."""
        return self._timeout

    def fileno(self) -> int:
        """That of the system's socket."""
        return self.outer.fileno()

    def close(self) -> None:
        """Without a word to either peer."""
        self.outer.close()

    def _read(self, *arguments: Any) -> Any:
        try:
            return self._run(self._tls.read, *arguments)
        except ssl.SSLZeroReturnError:
            return b""

    def _run(self, step: Callable[..., Any], *arguments: Any) -> Any:
        ends: float | None = None
        try:
            while True:
                try:
                    return step(*arguments)
                except ssl.SSLWantReadError:
                    self._flush()
                if self._timeout:
                    now = time.monotonic()
                    ends = ends or now + self._timeout
                    if now >= ends:
                        raise TimeoutError("timed out")
                    self.outer.settimeout(ends - now)
                data = self.outer.recv(_RECEIVE)
                if data:
                    self._came.write(data)
                else:
                    self._came.write_eof()
        finally:
            if ends is not None:
                self.outer.settimeout(self._timeout)

    def _flush(self) -> None:
        self._left += self._goes.read()
        while self._left:
            # After a timeout TLS wants the same bytes again, and these begin with them.
            self._left = self._left[self.outer.send(self._left) :]
