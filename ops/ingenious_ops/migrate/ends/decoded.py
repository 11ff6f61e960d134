"""Reader of an item through layers that change data, in bounded memory."""

from __future__ import annotations

import io
from typing import BinaryIO

from ingenious_ops.migrate.ends.base import Item
from ingenious_ops.migrate.errors import ChangedError
from ingenious_storage.backends.base import READ_CHUNK, Backend
from ingenious_storage.errors import ConflictError


class DecodedReader(io.RawIOBase):
    """The data of `item.version`: ChangedError at the start or at the end if it is another.

    A listing does not know the size of what was compressed, and ranges of it cost the whole. The
    layers' own reader reads one version to its end; that it is the version of the item is asked
    for before and behind it.
    """

    def __init__(self, backend: Backend, item: Item) -> None:
        self._backend, self._item = backend, item
        self._check()
        self._stream = backend.open_read(self._name)

    @property
    def _name(self) -> str:
        return self._item.name or self._item.key

    def _check(self) -> None:
        if self._backend.head(self._name).etag != self._item.version:
            raise self._changed()

    def _changed(self) -> ChangedError:
        return ChangedError("the blob changed while it was read", key=self._item.key)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        try:
            data = self._stream.read(len(buffer))
        except ConflictError:
            raise self._changed() from None
        buffer[: len(data)] = data
        if not data and len(buffer):
            self._check()
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()

    def buffered(self) -> BinaryIO:
        """The same in blocks."""
        return io.BufferedReader(self, READ_CHUNK)
