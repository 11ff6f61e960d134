"""Values of GCS: its JSON and headers, between the service's words and this library's.

The ETag of a blob is its generation: a number of its own for each write, never used again.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import orjson

from ingenious_storage.backends.base import (
    BINARY,
    NO_PROPERTIES,
    BlobInfo,
    Condition,
    IfAbsent,
    IfMatch,
    Properties,
    PutOptions,
)
from ingenious_storage.backends.rest.dates import read_date
from ingenious_storage.errors import InvalidDataError

if TYPE_CHECKING:
    from collections.abc import Mapping

WRITTEN: Final = "generation%2Cupdated%2Csize"
"""The fields that the answer to a write is to have."""
FIELDS: Final = (
    "name,generation,size,updated,contentType,contentEncoding,contentLanguage,contentDisposition,"
    "cacheControl"
)
METADATA: Final = "metadata"
_LARGEST: Final = 2**63


def is_generation(etag: str) -> bool:
    """Whether an ETag can be one of GCS; 0 stands for "nothing is there", and is none."""
    return etag.isascii() and etag.isdecimal() and etag[0] != "0" and int(etag) < _LARGEST


@lru_cache(maxsize=64)
def is_media_type(text: str) -> bool:
    """Whether it may be a header: printable ASCII."""
    return text.isascii() and text.isprintable() and text.strip() != ""


def only(condition: Condition | None) -> dict[str, str]:
    """The query of a condition."""
    match condition:
        case None:
            return {}
        case IfAbsent():
            return {"ifGenerationMatch": "0"}
        case IfMatch(etag):
            return {"ifGenerationMatch": etag}


def resource(operation: str, key: str, options: PutOptions) -> bytes:
    """The JSON of a blob that is to be written, without its name.

    Raises: InvalidDataError for properties that are no text.
    """
    properties = options.properties
    if properties is NO_PROPERTIES:
        return _plain_resource(options.content_type)
    found: dict[str, Any] = {
        "contentType": options.content_type,
        "contentEncoding": properties.content_encoding,
        "contentLanguage": properties.content_language,
        "contentDisposition": properties.content_disposition,
        "cacheControl": properties.cache_control,
        METADATA: dict(properties.metadata) or None,
    }
    try:
        return orjson.dumps({name: value for name, value in found.items() if value is not None})
    except TypeError as error:  # a lone surrogate, or what is no text
        raise InvalidDataError(
            f"{operation} {key!r}: its properties are no text: {error}",
            operation=operation,
            key=key,
            hint="Properties and metadata are text, names and values.",
        ) from error


@lru_cache(maxsize=64)
def _plain_resource(content_type: str) -> bytes:
    return orjson.dumps({"contentType": content_type})


def written(key: str, options: PutOptions, body: bytes, sent: int) -> BlobInfo:
    """The BlobInfo of what was written, by the answer.

    Raises: what a malformed one makes, and one that has not the `sent` bytes: a part of an upload
    is no object.
    """
    item = orjson.loads(body)
    size = _size(item["size"])
    if size != sent:
        raise ValueError(f"the object has {size} bytes, and {sent} were sent")
    return BlobInfo(
        key,
        _generation(item["generation"]),
        size,
        _time(item["updated"]),
        options.content_type,
    )


def info_of(item: Any, key: str | None = None) -> BlobInfo:
    """The BlobInfo of an object's JSON. Raises: what a malformed one makes."""
    if not isinstance(item, dict):
        raise TypeError("it is no object")
    get = item.get
    properties = Properties(
        _text(get("contentEncoding")),
        _text(get("contentLanguage")),
        _text(get("contentDisposition")),
        _text(get("cacheControl")),
        _metadata(get(METADATA)),
    )
    name = item["name"] if key is None else key
    if not isinstance(name, str):
        raise TypeError("a name is no text")
    return BlobInfo(
        name,
        _generation(item["generation"]),
        _size(item["size"]),
        _time(item["updated"]),
        _text(get("contentType")) or BINARY,
        NO_PROPERTIES if properties == NO_PROPERTIES else properties,
    )


def read_info(key: str, headers: Mapping[str, str], size: int) -> BlobInfo:
    """The BlobInfo of a download, by its headers, without properties: Content-Disposition and
    Cache-Control are not the blob's there, and its metadata is left out.

    Raises: what malformed ones make.
    """
    return BlobInfo(
        key,
        _generation(headers["x-goog-generation"]),
        size,
        read_date(headers["last-modified"]),
        headers.get("content-type") or BINARY,
    )


def _generation(value: Any) -> str:
    if not isinstance(value, str) or not value or not is_generation(value):
        raise ValueError("a generation is no number")
    return value


def _size(value: Any) -> int:
    if not isinstance(value, str) or not value.isascii() or not value.isdecimal():
        raise ValueError("a size is no number")
    return int(value)


def _time(value: Any) -> datetime:
    """In whole seconds, as the headers of a download have it."""
    time = datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError("a time has no zone")
    return time.replace(microsecond=0)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    raise TypeError("a property is no text")


def _metadata(value: Any) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise TypeError("metadata is no text")
    return value
