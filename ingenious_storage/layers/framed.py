"""Framed layer: a transform in frames of one size, of which each can be decoded alone.

An encoded blob is a header and frames. Each frame holds `frame_size` decoded bytes, the last one
what is left, and is `overhead` bytes longer when it is stored. There is always a frame, an empty
one for an empty blob, so that a blob which was cut at a frame's end lacks its last frame.

So decoded sizes follow from stored ones. A range costs one request when it begins in the first
frame, or without a header; else two, for the header and for the frames. When the blob is replaced
between these two, both are asked again; ConflictError when that does not end.
"""

from __future__ import annotations

import io
from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, ClassVar, Final

from ingenious_storage.backends.base import Backend, Blob, BlobInfo, GetOptions
from ingenious_storage.backends.range_reader import ReadAt
from ingenious_storage.errors import ConflictError
from ingenious_storage.layers.streams import Source
from ingenious_storage.layers.transform import TransformLayer, cut

_TRIES: Final = 10


@dataclass(frozen=True, slots=True)
class Frame:
    """Which frame it is: what encryption binds it to, so that it can be neither moved nor cut."""

    key: str
    header: bytes
    """That of its blob."""
    index: int
    is_last: bool


class FramedLayer(TransformLayer):
    """A `TransformLayer` with random access. A subclass gives `seal` and `unseal`."""

    header_size: ClassVar[int] = 0
    """Bytes of the header, the magic included."""
    frame_size: ClassVar[int] = 1024 * 1024
    """Decoded bytes of a frame, and about what a stream holds in memory."""
    overhead: ClassVar[int] = 0
    """Bytes by which a stored frame is longer."""

    def __init__(self, inner: Backend, *, accepts_plain: bool = False) -> None:
        super().__init__(inner, accepts_plain=accepts_plain)
        self.random_access = inner.random_access
        self.ranges_at_once = inner.ranges_at_once
        self._stored_frame = self.frame_size + self.overhead

    def header(self, key: str) -> bytes:
        """A new blob's header, `header_size` bytes that begin with the magic."""
        return self.magic

    @abstractmethod
    def seal(self, frame: Frame, data: bytes) -> bytes:
        """The stored bytes of a frame: `overhead` more than `data` has."""

    @abstractmethod
    def unseal(self, frame: Frame, data: bytes) -> bytes:
        """The decoded bytes of a stored frame. Raises: any of `decode_errors`."""

    def encode(self, key: str, data: bytes) -> bytes:
        """The header and all frames."""
        return b"".join(self.encode_stream(key, Source(io.BytesIO(data)), None))

    def decode(self, key: str, data: bytes) -> bytes:
        """The data of all frames, each opened on its own."""
        self.decoded_size(len(data), b"")  # refuses a blob that lacks frames
        header, frames = data[: self.header_size], data[self.header_size :]
        return self._unsealed(key, header, frames, 0, len(data))

    def encode_stream(self, key: str, source: Source, size: int | None) -> Iterator[bytes]:
        """The header, then frame by frame."""
        return self.framed(key, self.header(key), source, self.seal)

    def framed(
        self, key: str, header: bytes, source: Source, seal: Callable[[Frame, bytes], bytes]
    ) -> Iterator[bytes]:
        """The header, then frame by frame, one ahead: the last one says that it is the last."""
        data, index = source.read(self.frame_size), 0
        yield header
        while following := source.read(self.frame_size):
            yield seal(Frame(key, header, index, is_last=False), data)
            data, index = following, index + 1
        yield seal(Frame(key, header, index, is_last=True), data)

    def decode_stream(self, key: str, stored: BinaryIO, size: int) -> ReadAt:
        """Reads any part by the frames that hold it; the newest is kept."""
        header = stored.read(self.header_size)
        held: tuple[int, bytes] = (-1, b"")

        def read_at(position: int, length: int) -> bytes:
            nonlocal held
            index, skip = divmod(position, self.frame_size)
            if index != held[0]:
                stored.seek(self._position(index))
                frame = stored.read(self._stored_frame)
                held = index, self._unsealed(key, header, frame, index, size)
            return cut(held[1], skip, length)

        return read_at

    def decoded_size(self, stored: int, prefix: bytes) -> int:
        """Bytes of the data, by those stored. Raises: ValueError for an impossible size."""
        frames = self._last(stored) + 1
        size = stored - self.header_size - frames * self.overhead
        if size < 0 or (frames > 1 and size <= (frames - 1) * self.frame_size):
            raise ValueError(f"no encoded blob has {stored} bytes")
        return size

    def _get_range(
        self, key: str, offset: int, length: int | None, if_none_match: str | None
    ) -> Blob:
        first = offset // self.frame_size
        start = self._position(first) if first else 0
        span: tuple[int, int | None] = (start, None)
        if length is not None:
            behind = -(-(offset + length) // self.frame_size)
            span = (start, self._position(behind) - start)
        if start and self.header_size:
            return self._get_apart(key, (offset, length), span, if_none_match)
        blob = self._get_stored(key, GetOptions(span, if_none_match))
        if not self._is_encoded(key, blob.data):
            return Blob(cut(blob.data, offset, length), blob.info)
        skipped = 0 if start else self.header_size
        header, frames = blob.data[:skipped], blob.data[skipped:]
        return self._decoded_range(Blob(frames, blob.info), header, offset, length)

    def _get_apart(
        self,
        key: str,
        byte_range: tuple[int, int | None],
        span: tuple[int, int | None],
        if_none_match: str | None,
    ) -> Blob:
        """The range whose stored `span` does not begin with the header."""
        for _ in range(_TRIES):
            top = self._get_stored(key, GetOptions((0, self.header_size), if_none_match))
            is_encoded = self._is_encoded(key, top.data)
            blob = self._get_stored(key, GetOptions(span if is_encoded else byte_range))
            if blob.info.etag == top.info.etag:
                return self._decoded_range(blob, top.data, *byte_range) if is_encoded else blob
        raise ConflictError("the blob keeps changing while it is read", key=key, operation="get")

    def _decoded_range(self, frames: Blob, header: bytes, offset: int, length: int | None) -> Blob:
        """The range of the frames that hold it; they are none where it starts behind the end."""
        info = self._decoded_info(frames.info, header)
        if not frames.data:
            if length != 0:
                self._check_behind(header, frames.info)
            return Blob(b"", info)
        first, skip = divmod(offset, self.frame_size)
        with self._decoding(info.key):
            data = self._unsealed(info.key, header, frames.data, first, frames.info.size)
        return Blob(cut(data, skip, length), info)

    def _check_behind(self, header: bytes, stored: BlobInfo) -> None:
        """Somebody reads behind the end of a blob: is that its end? For layers that can tell."""

    def _unsealed(self, key: str, header: bytes, frames: bytes, first: int, stored: int) -> bytes:
        """The data of `frames`, which begin with frame `first` of a blob of `stored` bytes."""
        last, step = self._last(stored), self._stored_frame
        return b"".join(
            self.unseal(Frame(key, header, index, index == last), frames[start : start + step])
            for index, start in enumerate(range(0, len(frames), step), first)
        )

    def _position(self, index: int) -> int:
        """Where frame `index` begins in a stored blob."""
        return self.header_size + index * self._stored_frame

    def _last(self, stored: int) -> int:
        """The index of the last frame of a stored blob."""
        return max(0, (stored - self.header_size - 1) // self._stored_frame)
