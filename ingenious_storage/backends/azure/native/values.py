"""Headers of Azure Blob Storage, between this library's words and the service's.

What reads an answer raises KeyError or ValueError for one that does not say what it should.
"""

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

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingenious_storage.http.answers import Response

META: Final = "x-ms-meta-"
_META: Final = META.encode()
_PROPERTIES: Final = (
    "content-encoding",
    "content-language",
    "content-disposition",
    "cache-control",
)


def etag_of(etag: str) -> str:
    """An ETag as in a header: listings give it without quotes, and conditions need them."""
    if not etag:
        raise ValueError("an empty ETag")
    return in_quotes(etag)


def in_quotes(etag: str) -> str:
    """An ETag as a condition needs it; one that is none is no blob's."""
    return etag if etag[-1:] == '"' else f'"{etag}"'


def only(condition: Condition | None) -> dict[str, str]:
    """The header of a condition."""
    match condition:
        case None:
            return {}
        case IfAbsent():
            return {"If-None-Match": "*"}
        case IfMatch(etag):
            return {"If-Match": in_quotes(etag)}


def written_with(options: PutOptions) -> dict[str, str]:
    """What a write sends beside the bytes."""
    headers = {"x-ms-blob-content-type": options.content_type, **only(options.condition)}
    properties = options.properties
    if properties is NO_PROPERTIES:
        return headers
    named = {
        "x-ms-blob-content-encoding": properties.content_encoding,
        "x-ms-blob-content-language": properties.content_language,
        "x-ms-blob-content-disposition": properties.content_disposition,
        "x-ms-blob-cache-control": properties.cache_control,
    }
    headers |= {name: value for name, value in named.items() if value is not None}
    return headers | {f"{META}{name}": value.strip() for name, value in properties.metadata.items()}


def written_info(key: str, size: int, options: PutOptions, headers: Mapping[str, str]) -> BlobInfo:
    """The BlobInfo of a blob that was written, by the service's answer."""
    modified = read_date(headers["last-modified"])
    return BlobInfo(key, etag_of(headers["etag"]), size, modified, options.content_type)


def info_of(key: str, answer: Response, size: int) -> BlobInfo:
    """What the headers of an answer say of a blob."""
    headers = answer.headers
    get = headers.get
    return BlobInfo(
        key,
        etag_of(headers["etag"]),
        size,
        read_date(headers["last-modified"]),
        get("content-type"),
        _properties(answer),
        get("x-ms-access-tier") == "Archive",
    )


def _properties(answer: Response) -> Properties:
    get = answer.headers.get
    # One look at all names: most blobs have no metadata.
    metadata = _metadata(answer) if META in "\n".join(answer.headers) else {}
    encoding, language, disposition, cache = [get(name) or None for name in _PROPERTIES]
    if not (metadata or encoding or language or disposition or cache):
        return NO_PROPERTIES
    return Properties(encoding, language, disposition, cache, metadata)


def _metadata(answer: Response) -> dict[str, str]:
    at = len(META)
    return {
        name[at:].decode("latin-1"): value.strip().decode("latin-1")
        for name, value in answer.fields
        if len(name) > at and name[:at].lower() == _META
    }


def size_of(headers: Mapping[str, str]) -> int:
    """Bytes of the blob, of an answer without its body."""
    return number_of_bytes(headers["content-length"])


def size_of_range(headers: Mapping[str, str], offset: int, length: int | None, got: int) -> int:
    """Bytes of the whole blob, once it is sure that `got` bytes are the range that was asked for.

    What lies between may cut a body short and give it a fitting Content-Length.
    """
    said = headers["content-range"]
    span, _, total = said.removeprefix("bytes ").partition("/")
    size = number_of_bytes(total)
    if not size and not got:
        return 0  # Azurite says `bytes 0--1/0`
    first, _, last = span.partition("-")
    end = size if length is None else min(offset + length, size)
    # Azurite repeats the end that it was asked for, which may lie behind that of the blob.
    if (
        number_of_bytes(first) != offset
        or min(number_of_bytes(last) + 1, size) != end
        or got != end - offset
    ):
        raise ValueError(f"{got} bytes for {said!r}")
    return size


def number_of_bytes(text: str) -> int:
    """A size, which has digits and nothing else."""
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise ValueError(f"{text[:20]!r} is no number of bytes")
    return int(text)
