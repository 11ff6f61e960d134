"""Headers of S3, between this library's words and the service's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingenious_storage.backends.base import (
    NO_PROPERTIES,
    BlobInfo,
    Condition,
    IfAbsent,
    IfMatch,
    Properties,
    PutOptions,
)
from ingenious_storage.backends.rest.dates import read_date
from ingenious_storage.backends.s3.xml import MalformedError

if TYPE_CHECKING:
    from collections.abc import Mapping

META: Final = "x-amz-meta-"
ARCHIVED: Final = frozenset({"GLACIER", "DEEP_ARCHIVE"})
"""Storage classes that have to be restored before they are read."""
_CONTENT: Final = (
    "content-encoding",
    "content-language",
    "content-disposition",
    "cache-control",
)


def only(condition: Condition | None) -> dict[str, str]:
    """The header of a condition."""
    match condition:
        case None:
            return {}
        case IfAbsent():
            return {"if-none-match": "*"}
        case IfMatch(etag):
            return {"if-match": etag}


def described(options: PutOptions) -> dict[str, str]:
    """What a write says of the blob, beside its bytes."""
    headers = {"content-type": options.content_type}
    properties = options.properties
    if properties is NO_PROPERTIES:
        return headers
    values = (
        properties.content_encoding,
        properties.content_language,
        properties.content_disposition,
        properties.cache_control,
    )
    headers |= {name: value for name, value in zip(_CONTENT, values, strict=True) if value}
    return headers | {f"{META}{name.lower()}": text for name, text in properties.metadata.items()}


def etag_of(headers: Mapping[str, str]) -> str:
    """Raises: MalformedError when there is none: nobody could write on such an answer."""
    return quoted(headers.get("etag", ""))


def quoted(etag: str) -> str:
    """An ETag as headers have it: some listings have it without quotes. Raises: MalformedError."""
    if not etag:
        raise MalformedError("it has no ETag")
    return etag if etag[-1] == '"' else f'"{etag}"'


def written_info(
    key: str, size: int, options: PutOptions, headers: Mapping[str, str], etag: str | None = None
) -> BlobInfo:
    """The BlobInfo of what was written. S3 does not say when: its `Date` is the time of the answer.

    Raises: ValueError when the answer is none of S3.
    """
    etag = etag_of(headers) if etag is None else quoted(etag)
    date = headers.get("last-modified") or headers.get("date", "")
    return BlobInfo(key, etag, size, read_date(date), options.content_type)


def info_of(key: str, headers: Mapping[str, str], size: int) -> BlobInfo:
    """What the headers of an answer say of a blob. Raises: ValueError."""
    get = headers.get
    archived = get("x-amz-storage-class") in ARCHIVED or "x-amz-archive-status" in headers
    return BlobInfo(
        key,
        etag_of(headers),
        size,
        read_date(get("last-modified", "")),
        get("content-type"),
        _properties(headers),
        archived and 'ongoing-request="false"' not in get("x-amz-restore", ""),
    )


def size_of(headers: Mapping[str, str]) -> int:
    """The length of a whole blob, by the answer to a HEAD. Raises: ValueError."""
    return int(headers.get("content-length", ""))


def _properties(headers: Mapping[str, str]) -> Properties:
    encoding, language, disposition, cache = (headers.get(name) or None for name in _CONTENT)
    metadata = {
        name[len(META) :]: value for name, value in headers.items() if name.startswith(META)
    }
    if not (metadata or encoding or language or disposition or cache):
        return NO_PROPERTIES
    return Properties(encoding, language, disposition, cache, metadata)
