"""SHA-256 of an item, in bounded memory, and of a stream while somebody else reads it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from contextlib import closing
from typing import BinaryIO, Final, TypeVar

from ingenious_ops.migrate.ends.base import End, Item
from ingenious_ops.migrate.errors import ChangedError
from ingenious_storage.backends.base import READ_CHUNK
from ingenious_storage.errors import NotFoundError

T = TypeVar("T")
SMALL: Final = 4 * 1024 * 1024
"""Bytes up to which an item is held in memory whole."""
_WHOLE: Final = 1024 * 1024
"""Bytes up to which it is, when only its hash is wanted."""
_TRIES: Final = 3


def sha256_of(end: End, item: Item) -> str:
    """Raises: ChangedError, NotFoundError."""
    return measured(end, item)[0]


def measured(end: End, item: Item) -> tuple[str, int]:
    """SHA-256 and bytes of what `read` gives. Raises: ChangedError, NotFoundError."""
    if item.size <= _WHOLE:
        data = end.read(item)
        return hashlib.sha256(data).hexdigest(), len(data)
    with closing(end.open(item)) as stream:
        reader = HashingReader(stream)
        while reader.read(READ_CHUNK):
            pass
        return reader.sha256, reader.size


def while_unchanged(end: End, item: Item, use: Callable[[Item], T]) -> T:
    """`use` an item of a listing, again as it is now if it has changed; three times at most.

    Raises: ChangedError when it keeps changing, or is gone.
    """
    for _ in range(_TRIES - 1):
        try:
            return use(item)
        except (ChangedError, NotFoundError):
            now = end.find(item.key, name=item.name)
            if now is None:
                raise ChangedError("it was deleted at the source meanwhile", key=item.key) from None
            item = now
    return use(item)


class HashingReader(io.RawIOBase):
    """A stream that knows the SHA-256 of what was read, also when it is rewound and read again."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._hash = stream, hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._stream.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """To the start, or to look for the end and come back: what else would the hash be of?"""
        if offset == 0 and whence == io.SEEK_END:
            return self._stream.seek(0, io.SEEK_END)
        if whence != io.SEEK_SET or offset not in {0, self.size}:
            raise io.UnsupportedOperation("only to the start, and to the end and back")
        if offset == 0:
            self._hash, self.size = hashlib.sha256(), 0
        return self._stream.seek(offset)

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._hash.update(data)
        self.size += len(data)
        return data

    def readall(self) -> bytes:
        return self.read()
