"""Encrypt layer: what is written through it is sealed, and nothing else is read.

Records of keys lie below it, under `keys/`: through it they are neither read nor written, and
listings leave them out.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import BinaryIO, Final, TypeVar

from cryptography.exceptions import InvalidTag

from ingenious_storage.backends.base import (
    GET_DEFAULTS,
    MAX_PAGE,
    PUT_DEFAULTS,
    Backend,
    Blob,
    BlobInfo,
    DocumentKey,
    GetOptions,
    Lineage,
    Page,
    PutOptions,
)
from ingenious_storage.errors import (
    ConflictError,
    ContainerNotFoundError,
    CorruptObjectError,
    InvalidKeyError,
    KeyDestroyedError,
    NotEncryptedError,
    NotFoundError,
    StorageError,
)
from ingenious_storage.layers.encrypt import envelope
from ingenious_storage.layers.encrypt.envelope import Key, Sealer
from ingenious_storage.layers.encrypt.keyring import Keyring
from ingenious_storage.layers.encrypt.records import ROOT
from ingenious_storage.layers.framed import Frame, FramedLayer
from ingenious_storage.layers.streams import EncodedStream, Source

T = TypeVar("T")
_FOLDER: Final = ROOT.removesuffix("/")


class EncryptLayer(FramedLayer):
    """Seals each blob with a key of its document, or of the container.

    Raises, beside what a transform does: NotEncryptedError for a blob that was written without
    it, KeyDestroyedError, UnsupportedFormatError; InvalidKeyError for keys under `keys/`.
    """

    magic = envelope.MAGIC
    header_size = envelope.HEADER_BYTES
    overhead = envelope.TAG_BYTES

    def __init__(self, inner: Backend, keyring: Keyring, *, accepts_plain: bool = False) -> None:
        super().__init__(inner, accepts_plain=accepts_plain)
        self.keyring = keyring

    def get(self, key: str, options: GetOptions = GET_DEFAULTS) -> Blob:
        """As a transform does; again when a purge was faster, between the blob and its key."""
        asked: str | None = None
        while True:
            try:
                return super().get(key, options)
            except NotFoundError:
                self.keyring.container.look()
                raise
            except KeyDestroyedError as error:
                now = self.inner.head(key).etag
                if now == asked:
                    self.keyring.telemetry.refused(error)
                    raise
                asked = now

    def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        """Sealed, with a key by the `lineage` of the options."""
        sealing = self._chosen("put", key, options)
        stored = self._whole(key, sealing, data)
        info = self._around("put", key, lambda: self.inner.put(key, stored, options))
        if options.lineage is Lineage.BEGINS:
            self.keyring.began(key, sealing)
        return info.sized(len(data))

    def encode_stream(self, key: str, source: Source, size: int | None) -> Iterator[bytes]:
        """As an unconditional `put` seals it."""
        return self._sealed(key, self.keyring.sealing(key, PUT_DEFAULTS), source)

    def seal(self, frame: Frame, data: bytes) -> bytes:
        """With the key that the frame's header names."""
        return self._sealer(frame).seal(frame.index, data, is_last=frame.is_last)

    def unseal(self, frame: Frame, data: bytes) -> bytes:
        """With the key that the frame's header names. Raises: CorruptObjectError."""
        try:
            return self._sealer(frame).unseal(frame.index, data, is_last=frame.is_last)
        except InvalidTag:
            error = CorruptObjectError(
                f"{frame.key!r} was changed, cut, or moved here", key=frame.key, operation="get"
            )
        except KeyDestroyedError:
            raise  # perhaps by a purge, and something else is there by now
        except CorruptObjectError as found:
            error = found
        self.keyring.telemetry.refused(error)
        raise error

    def not_encoded(self, key: str) -> StorageError:
        """NotEncryptedError."""
        error = NotEncryptedError(f"{key!r} is not encrypted", key=key, operation="get")
        self.keyring.telemetry.refused(error)
        return error

    def open_read(self, key: str) -> BinaryIO:
        """As a transform does; never of the records of keys."""
        _check_open("open_read", key)
        return super().open_read(key)

    def delete_many(self, keys: Iterable[str]) -> Mapping[str, StorageError | None]:
        """Forwarded, without the records of keys."""
        wanted = tuple(keys)
        refused = {key: _reserved("delete_many", key) for key in wanted if _is_reserved(key)}
        deleted = super().delete_many([key for key in wanted if key not in refused])
        return {**deleted, **refused}

    def list(
        self,
        prefix: str = "",
        *,
        delimiter: str | None = None,
        token: str | None = None,
        limit: int = MAX_PAGE,
        metadata: bool = False,
    ) -> Page:
        """Without the records of keys."""
        page = super().list(
            prefix, delimiter=delimiter, token=token, limit=limit, metadata=metadata
        )
        self.keyring.container.look()
        if not ROOT.startswith(prefix[: len(ROOT)]):
            return page
        blobs = tuple(blob for blob in page.blobs if not _is_reserved(blob.key))
        prefixes = tuple(each for each in page.prefixes if not _is_reserved(each))
        return replace(page, blobs=blobs, prefixes=prefixes)

    def document_keys(self, key: str) -> Mapping[str, DocumentKey]:
        """Of the document at `key`, as the store has them now; one request."""
        return self.keyring.documents.listed(key)

    def destroy_keys(self, key: str, ids: Collection[str]) -> None:
        """Two requests, and two more whenever somebody else changes the record meanwhile."""
        self.keyring.documents.destroy(key, ids)

    def keyed_documents(self, prefix: str = "") -> Iterator[BlobInfo]:
        """By a listing of the records of their keys."""
        return self.keyring.documents.stored(prefix)

    def _around(self, operation: str, key: str | None, call: Callable[[], T]) -> T:
        if key is not None:
            _check_open(operation, key)
        return call()

    def _upload(
        self, key: str, stream: BinaryIO, options: PutOptions, size: int | None
    ) -> BlobInfo:
        sealing = self._chosen("upload", key, options)
        encoded = EncodedStream(stream, lambda source: self._sealed(key, sealing, source), size)
        info = self._around(
            "upload", key, lambda: self.inner.upload(key, encoded.buffered(), options)
        )
        if options.lineage is Lineage.BEGINS:
            self.keyring.began(key, sealing)
        return info.sized(encoded.taken)

    def _check_behind(self, header: bytes, stored: BlobInfo) -> None:
        """One more request: a blob that was cut would seem to end early."""
        key, last = stored.key, self._last(stored.size)
        blob = self._get_stored(key, GetOptions((self._position(last), None)))
        if blob.info.etag != stored.etag:
            raise ConflictError("the blob changed while it was read", key=key, operation="get")
        self.unseal(Frame(key, header, last, is_last=True), blob.data)

    def _chosen(self, operation: str, key: str, options: PutOptions) -> Key:
        _check_open(operation, key)
        try:
            return self.keyring.sealing(key, options)
        except ContainerNotFoundError as error:
            error.operation, error.key = operation, key
            raise

    def _whole(self, key: str, sealing: Key, data: bytes) -> bytes:
        if len(data) > self.frame_size:
            return b"".join(self._sealed(key, sealing, Source(io.BytesIO(data))))
        header = envelope.new_header(sealing.id)
        sealer = Sealer(sealing.secret, header, self.keyring.role, key)
        return header + sealer.seal(0, data, is_last=True)

    def _sealed(self, key: str, sealing: Key, source: Source) -> Iterator[bytes]:
        """A new header, so that whoever sends anew seals anew, and the frames."""
        header = envelope.new_header(sealing.id)
        sealer = Sealer(sealing.secret, header, self.keyring.role, key)
        return self.framed(
            key,
            header,
            source,
            lambda frame, data: sealer.seal(frame.index, data, is_last=frame.is_last),
        )

    def _sealer(self, frame: Frame) -> Sealer:
        key_id = envelope.key_id_of(frame.header, frame.key)
        found = self.keyring.opening(frame.key, key_id)
        return Sealer(found.secret, frame.header, self.keyring.role, frame.key)


def _is_reserved(key: str) -> bool:
    return key.startswith(ROOT) or key == _FOLDER


def _check_open(operation: str, key: str) -> None:
    if _is_reserved(key):
        raise _reserved(operation, key)


def _reserved(operation: str, key: str) -> InvalidKeyError:
    return InvalidKeyError(
        f"{key!r} is kept for the keys of the encryption",
        key=key,
        operation=operation,
        hint="Choose a key that does not begin with 'keys/'; `keys status` and `cat --raw` show "
        "what is there.",
    )
