"""Names of hosts, looked up in a way that ends when its caller's time does.

The system's own call can be ended by nobody: neither by a signal, which Python sees after it, nor
by a time. It hangs for as long as a name server says nothing, up to half a minute and more.
"""

from __future__ import annotations

import socket
import threading
from typing import Any, Final

_NUMERIC: Final = socket.AI_NUMERICHOST

Address = tuple[Any, Any, int, str, Any]
"""As `socket.getaddrinfo` has it."""


class Lookup:
    """One look for the addresses of one name, in a thread of its own. Any thread may `cut` it."""

    def __init__(self) -> None:
        self._is_over = threading.Event()
        self._found: list[Address] = []
        self._error: Exception | None = None

    def cut(self) -> None:
        """Whoever waits for it goes on."""
        self._is_over.set()

    def find(self, host: str, port: int, seconds: float) -> list[Address]:
        """The addresses; none when there was not time enough, or when it was cut.

        Raises: OSError or UnicodeError where the name has none.
        """
        try:
            return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=_NUMERIC)
        except (OSError, UnicodeError):
            pass  # not an address, but a name
        try:
            threading.Thread(
                target=self._look, args=(host, port), name="ingenious-storage-name", daemon=True
            ).start()
        except RuntimeError:  # no more threads: the process ends, or has its most
            self._look(host, port)
        self._is_over.wait(seconds)
        if self._error is not None:
            raise self._error
        return self._found

    def _look(self, host: str, port: int) -> None:
        try:
            self._found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            self._error = error
        self._is_over.set()
