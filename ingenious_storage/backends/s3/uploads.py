"""Uploads: objects of any length in parts, of which only a few are held at a time.

The condition holds for the last request, which makes one object of the parts. Should the process
end before it, the parts stay and cost money: a lifecycle rule `AbortIncompleteMultipartUpload`
sweeps them. What fails here sweeps them itself.
"""

from __future__ import annotations

import io
import math
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from ingenious_storage.backends.rest.calls import Call, Request, unusable
from ingenious_storage.backends.rest.parts import PART_SIZE, nothing_written, send_parts
from ingenious_storage.backends.s3.errors import error_within
from ingenious_storage.backends.s3.limits import BLOB_BYTES, MAX_PARTS
from ingenious_storage.backends.s3.values import described, etag_of, only, written_info
from ingenious_storage.backends.s3.xml import document, element, read_fields
from ingenious_storage.errors import ObjectTooLargeError, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingenious_storage.backends.base import BlobInfo, PutOptions
    from ingenious_storage.backends.s3.service import BucketService

_MIB: Final = 1024 * 1024
_PATIENCE: Final = 1.0
"""Seconds to wait until the parts of what failed are gone; then it goes on beside the caller."""


def part_size(call: Call, stream: BinaryIO) -> int:
    """Bytes of a part: more where the stream is known to be longer than 10,000 usual ones.

    Raises: ObjectTooLargeError.
    """
    if not stream.seekable():
        return PART_SIZE
    here = stream.tell()
    try:
        left = stream.seek(0, io.SEEK_END) - here
    except io.UnsupportedOperation:  # one that can be rewound, and no more
        return PART_SIZE
    stream.seek(here)
    if left > BLOB_BYTES:
        raise ObjectTooLargeError(
            f"upload {call.key!r}: {left} bytes, over {BLOB_BYTES} of one object",
            operation=call.operation,
            key=call.key,
            hint="Split it.",
        )
    return max(PART_SIZE, math.ceil(left / MAX_PARTS / _MIB) * _MIB)


@dataclass(frozen=True, slots=True)
class Upload:
    """One object in parts. `path` is that of its requests."""

    service: BucketService
    call: Call
    path: str
    options: PutOptions

    def send(self, parts: Iterator[bytes]) -> BlobInfo:
        """Raises: StorageError, and what `parts` raises."""
        with nothing_written():
            upload_id = self._begin()
        sizes: list[int] = []

        def counted() -> Iterator[bytes]:
            for part in parts:
                if len(sizes) == MAX_PARTS:
                    raise self._too_long()
                sizes.append(len(part))
                yield part

        def send(number: int, data: bytes) -> str:
            return self._part(upload_id, number, data)

        try:
            with nothing_written():
                etags = send_parts(counted(), send)
            return self._complete(upload_id, etags, sum(sizes))
        except BaseException:
            self._abandon(upload_id)
            raise

    def _begin(self) -> str:
        headers = described(self.options)
        answer = self.service.send(self.call, Request("POST", self.path, {"uploads": ""}, headers))
        try:
            return read_fields("InitiateMultipartUploadResult", answer.body)["UploadId"]
        except (ValueError, KeyError):
            raise unusable(self.call, "it names no upload") from None

    def _part(self, upload_id: str, number: int, data: bytes) -> str:
        query = {"partNumber": str(number), "uploadId": upload_id}
        headers = self.service.digest(data)
        answer = self.service.send(self.call, Request("PUT", self.path, query, headers, data))
        try:
            return etag_of(answer.headers)
        except ValueError as error:
            raise unusable(self.call, str(error)) from error

    def _complete(self, upload_id: str, etags: list[str], size: int) -> BlobInfo:
        parts = (
            element("Part", ("PartNumber", str(number)), ("ETag", etag))
            for number, etag in enumerate(etags, 1)
        )
        body = document("CompleteMultipartUpload", "".join(parts))
        headers = {"content-type": "application/xml", **only(self.call.condition)}
        query = {"uploadId": upload_id}
        answer = self.service.send(self.call, Request("POST", self.path, query, headers, body))
        # The status is sent before the parts are joined: what fails then stands in the body.
        if (error := error_within(self.call, answer)) is not None:
            raise error
        try:
            etag = read_fields("CompleteMultipartUploadResult", answer.body).get("ETag", "")
            return written_info(str(self.call.key), size, self.options, answer.headers, etag)
        except ValueError as error:
            raise unusable(self.call, str(error)) from error

    def _too_long(self) -> ObjectTooLargeError:
        return ObjectTooLargeError(
            f"the stream is longer than {MAX_PARTS} parts of {PART_SIZE} bytes",
            operation=self.call.operation,
            key=self.call.key,
            hint="Give a stream that can be sought: then larger parts are sent.",
        )

    def _abandon(self, upload_id: str) -> None:
        """Have the parts deleted. The caller's deadline is not that of this."""

        def work() -> None:
            with suppress(StorageError):
                request = Request("DELETE", self.path, {"uploadId": upload_id})
                self.service.send(Call("upload", self.call.key), request)

        thread = threading.Thread(target=work, name="ingenious-storage", daemon=True)
        thread.start()
        thread.join(_PATIENCE)
