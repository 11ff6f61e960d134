"""Transform layer: a layer that changes data on its way to the store, and changes it back.

A subclass says how bytes are encoded and decoded. This base keeps the rule below for every method
that shows data or sizes, so that compression and encryption differ in their codecs only.
`FramedLayer` is the base for a transform whose parts can be decoded alone.

**Bytes.** Whoever calls the layer gives and gets decoded bytes, the store holds encoded ones. Keys,
prefixes, page tokens, content types and properties pass unchanged: they describe the decoded blob.

**ETags** are the store's. They name the stored bytes and so the decoded ones too: conditions and
`if_none_match` pass unchanged. `last_modified` is the store's as well.

**Sizes.** `BlobInfo.size` counts decoded bytes in the answer to get, put, upload and head. In a
listing it does so while the layer `lists_sizes`: while the stored size alone tells the decoded
one. Then head and listings do not look into a blob, and take every blob for encoded; a listing
shows one whose size no encoded blob has with its stored size. Where the stored size does not tell,
listings show stored sizes, and head reads the first bytes of the blob: one request as well.

**Ranges** count decoded bytes. A layer with `random_access` reads the part of the blob that it
needs. Without, a range reads and decodes the whole blob, in memory; `open_read` reads forward in
bounded memory, and anew from the start when somebody seeks back.

**Streams.** `upload` encodes piece by piece. A retry beneath encodes again from the start, where
the stream can go back. A transform that writes the size first measures the stream; what cannot
seek passes through a temporary file. `open_read` decodes over the `open_read` of `inner`, so that
its ranges pass the layers beneath; a blob that is replaced meanwhile raises ConflictError.

**Marks.** The encoded blob carries its mark, `magic`, in its own first bytes, as not every store
keeps metadata. Data that happens to begin with the magic is encoded as all other data is. A blob
without it was not written through the layer: get, open_read and, where it looks, head raise what
`not_encoded` gives. Only a layer that was made with `accepts_plain` shows such a blob as it is. A
transform without a magic takes every blob for its own.

**Damage.** A failure to decode is a CorruptObjectError with the key. Nothing is ever given raw
because it could not be decoded.

**No method is forgotten.** What carries data or sizes is overridden here, everything else is
forwarded by `Layer`; a test compares both with `Backend` by the types of its methods.
"""

from __future__ import annotations

import io
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import BinaryIO, ClassVar, Final

from ingenious_storage.backends.base import (
    GET_DEFAULTS,
    MAX_PAGE,
    PUT_DEFAULTS,
    READ_CHUNK,
    Backend,
    Blob,
    BlobInfo,
    GetOptions,
    Page,
    PutOptions,
)
from ingenious_storage.backends.range_reader import RangeReader, ReadAt
from ingenious_storage.errors import CorruptObjectError, StorageError, UnavailableError
from ingenious_storage.layers.base import Layer
from ingenious_storage.layers.streams import EncodedStream, Source, measured

_LOOKS: Final = 5
"""How often a head is asked for when the blob is replaced between its two requests."""


class TransformLayer(Layer):
    """Encodes what is written to `inner` and decodes what is read, by the rule of this module.

    Args:
        inner: the layers beneath.
        accepts_plain: show blobs without the magic as they are, instead of raising.
    """

    magic: ClassVar[bytes] = b""
    """What every encoded blob begins with; empty for a transform that cannot tell its own."""
    prefix_size: ClassVar[int] = 0
    """First bytes of an encoded blob that tell its decoded size; 0 where its stored size does."""
    decode_errors: ClassVar[tuple[type[Exception], ...]] = (ValueError,)
    """What decoding raises for bytes that it cannot decode."""

    def __init__(self, inner: Backend, *, accepts_plain: bool = False) -> None:
        super().__init__(inner)
        self._accepts_plain = accepts_plain
        self._looks_inside = accepts_plain or self.prefix_size > 0
        self._looked_at = max(self.prefix_size, len(self.magic))
        self.lists_sizes = inner.lists_sizes and not self._looks_inside
        self.random_access, self.ranges_at_once = False, 1

    @abstractmethod
    def encode(self, key: str, data: bytes) -> bytes:
        """What the store shall hold for `data`, which may be empty."""

    @abstractmethod
    def decode(self, key: str, data: bytes) -> bytes:
        """The data of a whole stored blob. Raises: any of `decode_errors`."""

    @abstractmethod
    def encode_stream(self, key: str, source: Source, size: int | None) -> Iterator[bytes]:
        """`encode` piece by piece. `size`, in bytes, is known where there is a `prefix_size`."""

    @abstractmethod
    def decode_stream(self, key: str, stored: BinaryIO, size: int) -> ReadAt:
        """`decode` over a seekable stored blob of `size` bytes that stands at its start.

        A seek from the end makes `stored` forget what it has read.
        `ForwardReads` makes one of pieces that come in order. Raises: any of `decode_errors`,
        then or when it is read.
        """

    @abstractmethod
    def decoded_size(self, stored: int, prefix: bytes) -> int:
        """The decoded size of a blob of `stored` bytes which begins with `prefix`.

        `prefix` has `prefix_size` bytes at least, fewer only where the blob has.
        Raises: any of `decode_errors` when no encoded blob is like that.
        """

    def not_encoded(self, key: str) -> StorageError:
        """The error for a blob that was not written through this layer."""
        return CorruptObjectError(
            f"{key!r} was not written through {type(self).__name__}", key=key, operation="get"
        )

    def get(self, key: str, options: GetOptions = GET_DEFAULTS) -> Blob:
        """Decoded; of a range, only what of the blob holds it is read."""
        if options.byte_range is not None:
            return self._get_range(key, *options.byte_range, options.if_none_match)
        blob = self._get_stored(key, options)
        if not self._is_encoded(key, blob.data):
            return blob
        with self._decoding(key):
            data = self.decode(key, blob.data)
        return Blob(data, blob.info.sized(len(data)))

    def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        """Encoded; the BlobInfo has the size of the data."""
        return super().put(key, self.encode(key, data), options).sized(len(data))

    def head(self, key: str) -> BlobInfo:
        """With the size of the data; a read of its first bytes where only these say it.

        Raises: UnavailableError when it changes all the time, where two requests are needed.
        """
        if not self._looks_inside:
            return self._decoded_info(super().head(key), b"")
        for _ in range(_LOOKS):
            try:
                blob = self._get_stored(key, GetOptions((0, self._looked_at)))
                is_encoded = self._is_encoded(key, blob.data)
            except StorageError as error:
                error.operation = "head"
                raise
            info = blob.info if self.reads_properties else super().head(key)
            if info.etag == blob.info.etag:
                return self._decoded_info(info, blob.data) if is_encoded else info
        raise UnavailableError(
            f"{key!r} changed {_LOOKS} times while it was looked at",
            key=key,
            operation="head",
            outcome_unknown=False,
        )

    def list(
        self,
        prefix: str = "",
        *,
        delimiter: str | None = None,
        token: str | None = None,
        limit: int = MAX_PAGE,
        metadata: bool = False,
    ) -> Page:
        """With the sizes of the data where the stored size alone says them."""
        page = super().list(
            prefix, delimiter=delimiter, token=token, limit=limit, metadata=metadata
        )
        if not self.lists_sizes:
            return page
        return replace(page, blobs=tuple(map(self._listed, page.blobs)))

    def upload(self, key: str, stream: BinaryIO, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        """Encoded while it is read, in bounded memory."""
        if not self.prefix_size:
            return self._upload(key, stream, options, None)
        with measured(stream) as (source, size):
            return self._upload(key, source, options, size)

    def open_read(self, key: str) -> BinaryIO:
        """Decoded while it is read, in bounded memory."""
        stored = self.inner.open_read(key)
        stored_size = stored.seek(0, io.SEEK_END)
        stored.seek(0)
        prefix = stored.read(self._looked_at)
        stored.seek(0)
        if not self._is_encoded(key, prefix):
            return stored
        with self._decoding(key):
            size = self.decoded_size(stored_size, prefix)
            decoded = self.decode_stream(key, stored, stored_size)
        if size == 0:  # nobody will read a byte of it
            self._check_end(key, decoded, size)
        read_at = partial(self._read_decoded, key, decoded, size)
        return io.BufferedReader(RangeReader(size, read_at), READ_CHUNK)

    def _get_stored(self, key: str, options: GetOptions) -> Blob:
        """The stored bytes, for a subclass that reads parts of them."""
        return super().get(key, options)

    def _get_range(
        self, key: str, offset: int, length: int | None, if_none_match: str | None
    ) -> Blob:
        whole = self.get(key, GetOptions(None, if_none_match))
        return Blob(cut(whole.data, offset, length), whole.info)

    def _is_encoded(self, key: str, beginning: bytes) -> bool:
        """Whether a stored blob is. Raises: what `not_encoded` gives, unless it accepts plain."""
        if beginning.startswith(self.magic):
            return True
        if self._accepts_plain:
            return False
        raise self.not_encoded(key)

    @contextmanager
    def _decoding(self, key: str) -> Iterator[None]:
        try:
            yield
        except StorageError:  # of the layers beneath; some of them are ValueErrors too
            raise
        except self.decode_errors as error:
            raise CorruptObjectError(
                f"{key!r} cannot be decoded by {type(self).__name__}", key=key, operation="get"
            ) from error

    def _decoded_info(self, info: BlobInfo, prefix: bytes) -> BlobInfo:
        with self._decoding(info.key):
            return info.sized(self.decoded_size(info.size, prefix))

    def _listed(self, info: BlobInfo) -> BlobInfo:
        try:
            return info.sized(self.decoded_size(info.size, b""))
        except self.decode_errors:  # one blob of others must not hide the rest
            return info

    def _upload(
        self, key: str, stream: BinaryIO, options: PutOptions, size: int | None
    ) -> BlobInfo:
        encoded = EncodedStream(stream, lambda source: self.encode_stream(key, source, size), size)
        info = super().upload(key, encoded.buffered(), options)
        return info.sized(encoded.taken)

    def _read_decoded(
        self, key: str, read_at: ReadAt, size: int, position: int, length: int
    ) -> bytes:
        with self._decoding(key):
            data = read_at(position, length)
        if not data:
            raise CorruptObjectError(
                f"{key!r} ends at byte {position}, before its size", key=key, operation="get"
            )
        if position + len(data) == size:
            self._check_end(key, read_at, size)
        return data

    def _check_end(self, key: str, read_at: ReadAt, size: int) -> None:
        """Read on to the end of the stored blob: what follows the data may say it is damaged."""
        with self._decoding(key):
            more = read_at(size, 1)
        if more:
            raise CorruptObjectError(
                f"{key!r} goes on behind its size, {size} bytes", key=key, operation="get"
            )


def cut(data: bytes, offset: int, length: int | None) -> bytes:
    """The byte range (offset, length) of `data`."""
    return data[offset : None if length is None else offset + length]
