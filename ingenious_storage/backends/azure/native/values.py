"""Headers of Azure Blob Storage, between this library's words and the service's."""

from __future__ import annotations

import re
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

META: Final = "x-ms-meta-"
_PROPERTIES: Final = (
    "content-encoding",
    "content-language",
    "content-disposition",
    "cache-control",
)
_CONTENT_RANGE: Final = re.compile(r"bytes \d+-\d+/(\d+)")


def only(condition: Condition | None) -> dict[str, str]:
    """The header of a condition."""
    match condition:
        case None:
            return {}
        case IfAbsent():
            return {"If-None-Match": "*"}
        case IfMatch(etag):
            return {"If-Match": etag}


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
    return headers | {f"{META}{name}": value for name, value in properties.metadata.items()}


def info_of(key: str, headers: Mapping[str, str], size: int) -> BlobInfo:
    """What the headers of an answer say of a blob."""
    get = headers.get
    return BlobInfo(
        key,
        headers["etag"],
        size,
        read_date(headers["last-modified"]),
        get("content-type"),
        _properties(headers),
        get("x-ms-access-tier") == "Archive",
    )


def _properties(headers: Mapping[str, str]) -> Properties:
    get = headers.get
    metadata = {n[len(META) :]: value for n, value in headers.items() if n.startswith(META)}
    named = [get(name) or None for name in _PROPERTIES]
    return Properties(*named, metadata) if metadata or any(named) else NO_PROPERTIES
