"""Long bodies: read past the parser, in large pieces and with few calls."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from ingenious_storage.http.errors import Failure, HttpError
from ingenious_storage.http.sockets import PlainSocket

if TYPE_CHECKING:
    from ingenious_storage.http.sockets import Wire
    from ingenious_storage.http.waiting import Waiting

LONG: Final = 256 * 1024
"""Bytes still to come from which a body is read so."""
PIECE: Final = 1024 * 1024
"""Bytes that are waited for, and taken, at a time. No more is set aside than that: a peer only
claims how many it will send."""
_RECORDS: Final = 64 * 1024
"""Bytes that are asked for of TLS, which gives one record of 16 KiB at a time."""
_PATIENCE: Final = 1.0
"""Seconds that a piece may take, and no more than a quarter of what is left of the time of a call:
from a slower peer bytes are taken as they come, which gives the call more time."""


def read_long(sock: Wire, size: int, waiting: Waiting) -> list[bytes]:
    """The next `size` bytes. Raises: HttpError, OSError; the socket is of no use then.

    A thread that is woken has to wait for Python's lock, which the threads of other ranges want
    too: by what the network gives at a time that would be some 16,000 times a GB.
    """
    plain = sock if isinstance(sock, PlainSocket) and sys.platform == "linux" else None
    pieces, most, least = list[bytes](), _RECORDS if plain is None else PIECE, 1
    while size:
        if plain is not None and least != min(size, PIECE):
            least = min(size, PIECE)
            plain.wake_at(least)
        patience = None if plain is None else min(_PATIENCE, waiting.left(sent=True) / 4)
        waiting.apply(sock, sent=True, most=patience)
        try:
            data = sock.recv(min(size, most))
        except TimeoutError:
            if plain is None:
                raise
            plain.wake_at(1)
            plain = None
            continue
        if not data:
            raise HttpError(Failure.CLOSED, f"{size} bytes of the body are missing", sent=True)
        waiting.allow(len(data))
        pieces.append(data)
        size -= len(data)
    if plain is not None:
        plain.wake_at(1)
    return pieces
