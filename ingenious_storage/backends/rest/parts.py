"""Parts of large objects: read from a stream and sent by a few threads, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO, Final, TypeVar

from ingenious_storage.errors import StorageError
from ingenious_storage.runtime.parallel import map_stream

R = TypeVar("R")
PART_SIZE: Final = 8 * 1024 * 1024
"""Bytes of a part, unless a store needs more."""
PARTS_AT_ONCE: Final = 4
"""Parts that are held: all are being sent, but the one that is being read."""
RANGES_AT_ONCE: Final = 3
"""Ranges that a reader asks for at the same time."""


@contextmanager
def nothing_written() -> Iterator[None]:
    """Inside nothing becomes an object yet, whatever becomes of a request."""
    try:
        yield
    except StorageError as error:
        error.outcome_unknown = False
        raise


def read_parts(stream: BinaryIO, size: int = PART_SIZE) -> Iterator[bytes]:
    """The rest of `stream` in parts of `size` bytes, the last one shorter; none for no bytes.

    A raw stream gives less at a time than it is asked for. Raises: BlockingIOError for one that
    has nothing yet, since what comes later would be cut off.
    """
    while True:
        pieces, missing = [], size
        while missing and (piece := stream.read(missing)) != b"":
            if piece is None:
                raise BlockingIOError("the stream has nothing to read yet, and is no blocking one")
            pieces.append(piece)
            missing -= len(piece)
        if pieces:
            yield pieces[0] if len(pieces) == 1 else b"".join(pieces)
        if missing:
            return


def send_parts(
    parts: Iterable[bytes], send: Callable[[int, bytes], R], *, at_once: int = PARTS_AT_ONCE
) -> list[R]:
    """What `send` gave for each part, in order; parts are numbered from 1.

    The first error is raised, those of `parts` too; then the requests under way are cut off, and no
    other begins.
    """
    numbered, call = enumerate(parts, 1), partial(_spread, send)
    return list(map_stream(call, numbered, workers=at_once, batch=1, held=at_once))


def _spread(send: Callable[[int, bytes], R], part: tuple[int, bytes]) -> R:
    return send(*part)
