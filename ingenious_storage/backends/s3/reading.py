"""Reads of one object: its bytes, or what is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingenious_storage.backends.base import Blob, BlobInfo, GetOptions
from ingenious_storage.backends.rest.calls import Request, unusable
from ingenious_storage.backends.s3.values import info_of, size_of
from ingenious_storage.backends.s3.xml import MalformedError
from ingenious_storage.errors import UnavailableError

if TYPE_CHECKING:
    from ingenious_storage.backends.rest.calls import Call
    from ingenious_storage.backends.s3.bucket import Bucket
    from ingenious_storage.http.answers import Response

WHOLE: Final = 1 << 40
"""Bytes of one GET: an object that fits in memory is read by one request."""
_NO_BYTES: Final = frozenset({416})
_UNEXPLAINED: Final = frozenset({400, 403, 404})
"""Statuses of a HEAD, whose answer has no body and so no code: of the key or of the bucket, of the
rights, of the region or of a temporary key that has ended."""


def read(bucket: Bucket, call: Call, options: GetOptions) -> Blob:
    """An object, or a range of it. Raises: StorageError."""
    key, wanted = call.key or "", options.byte_range
    headers = _unless(options)
    if wanted is None:
        request = Request("GET", bucket.path(call), {}, headers)
        answer = bucket.opened().service.send(call, request, limit=WHOLE)
        return _blob(call, key, answer.body, answer, len(answer.body))
    offset, length = wanted
    if length == 0:
        return Blob(b"", head(bucket, call, options))
    headers["range"] = f"bytes={offset}-{'' if length is None else offset + length - 1}"
    request = Request("GET", bucket.path(call), {}, headers)
    answer = bucket.opened().service.send(call, request, limit=WHOLE, also=_NO_BYTES)
    if answer.status in _NO_BYTES:
        return Blob(b"", _beyond(bucket, call, options, offset))
    if answer.status == 200:  # a server may answer with the whole (RFC 9110, section 14.2)
        end = None if length is None else offset + length
        return _blob(call, key, answer.body[offset:end], answer, len(answer.body))
    return _blob(call, key, answer.body, answer, _total(call, answer, offset, length))


def head(bucket: Bucket, call: Call, options: GetOptions | None = None) -> BlobInfo:
    """What is known of an object. Raises: StorageError."""
    headers = {} if options is None else _unless(options)
    request = Request("HEAD", bucket.path(call), {}, headers)
    answer = bucket.opened().service.send(call, request, also=_UNEXPLAINED)
    if answer.status in _UNEXPLAINED:
        return _explained(bucket, call)
    try:
        return info_of(call.key or "", answer.headers, size_of(answer.headers))
    except ValueError as error:
        raise unusable(call, str(error)) from error


def _explained(bucket: Bucket, call: Call) -> BlobInfo:
    """Why a HEAD failed, by a GET that fails alike; what that gives, if it does not."""
    request = Request("GET", bucket.path(call), {}, {"range": "bytes=0-0"})
    answer = bucket.opened().service.send(call, request, limit=WHOLE, also=_NO_BYTES)
    if answer.status in _NO_BYTES:
        raise _changed(call)
    size = len(answer.body) if answer.status == 200 else _total(call, answer, 0, 1)
    return _blob(call, call.key or "", b"", answer, size).info


def _beyond(bucket: Bucket, call: Call, options: GetOptions, offset: int) -> BlobInfo:
    """The answer that no byte lies in the range does not say of which object."""
    info = head(bucket, call, options)
    if info.size > offset:
        raise _changed(call)
    return info


def _unless(options: GetOptions) -> dict[str, str]:
    return {} if options.if_none_match is None else {"if-none-match": options.if_none_match}


def _blob(call: Call, key: str, data: bytes, answer: Response, size: int) -> Blob:
    try:
        return Blob(data, info_of(key, answer.headers, size))
    except ValueError as error:
        raise unusable(call, str(error)) from error


def _total(call: Call, answer: Response, offset: int, length: int | None) -> int:
    """The size of the whole, by the Content-Range, which has to be what arrived and was asked for.

    Raises: UnavailableError.
    """
    unit, _, told = answer.headers.get("content-range", "").partition(" ")
    span, _, total = told.partition("/")
    first, _, last = span.partition("-")
    try:
        if unit != "bytes":
            raise MalformedError("it does not say which bytes it has")
        size = int(total)
        end = size if length is None else min(size, offset + length)
        if (int(first), int(last) + 1, len(answer.body)) != (offset, end, end - offset):
            raise MalformedError("it has other bytes than were asked for")
    except ValueError as error:
        told = str(error) if isinstance(error, MalformedError) else "its range is none"
        raise unusable(call, told) from error
    return size


def _changed(call: Call) -> UnavailableError:
    return UnavailableError(
        f"{call.operation} {call.key!r}: the object changed while it was looked at",
        operation=call.operation,
        key=call.key,
        outcome_unknown=False,
    )
