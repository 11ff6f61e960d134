"""Conditions and blob properties, between this library's words and the SDK's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azure.core import MatchConditions
from azure.storage.blob import ContentSettings, StandardBlobTier

from ingenious_storage.backends.base import (
    NO_PROPERTIES,
    BlobInfo,
    Condition,
    IfAbsent,
    IfMatch,
    Properties,
    PutOptions,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure.storage.blob import BlobProperties


def _etag(etag: str | None) -> str:
    """Quoted, as in a header: listings give it without quotes, and conditions need them."""
    if not etag:
        raise ValueError("an answer without an ETag is not of Azure Blob Storage")
    return etag if etag.endswith('"') else f'"{etag}"'


def only(condition: Condition | None) -> dict[str, Any]:
    """The SDK's arguments for a condition."""
    match condition:
        case None:
            return {}
        case IfAbsent():
            return {"match_condition": MatchConditions.IfMissing}
        case IfMatch(etag):
            return {"etag": _etag(etag), "match_condition": MatchConditions.IfNotModified}


def unless(etag: str | None) -> dict[str, Any]:
    """The SDK's arguments for a read of what is not `etag` any more."""
    if etag is None:
        return {}
    return {"etag": _etag(etag), "match_condition": MatchConditions.IfModified}


def written_with(options: PutOptions) -> dict[str, Any]:
    """What a write sends beside the bytes."""
    properties = options.properties
    return {
        "content_settings": ContentSettings(
            content_type=options.content_type,
            content_encoding=properties.content_encoding,
            content_language=properties.content_language,
            content_disposition=properties.content_disposition,
            cache_control=properties.cache_control,
        ),
        "metadata": dict(properties.metadata) or None,
        **only(options.condition),
    }


def _properties(blob: BlobProperties) -> Properties:
    found = blob.content_settings
    properties = Properties(
        found.content_encoding or None,
        found.content_language or None,
        found.content_disposition or None,
        found.cache_control or None,
        dict(blob.metadata or {}),
    )
    return NO_PROPERTIES if properties == NO_PROPERTIES else properties


def info_of(blob: BlobProperties, *, size: int | None = None) -> BlobInfo:
    """A BlobInfo of the SDK's properties; `size` where they are of a part only."""
    return BlobInfo(
        blob.name,
        _etag(blob.etag),
        blob.size if size is None else size,
        blob.last_modified,
        blob.content_settings.content_type,
        _properties(blob),
        blob.blob_tier == StandardBlobTier.ARCHIVE,
    )


def read_info(blob: BlobProperties) -> BlobInfo:
    """Of a download, where `size` counts the bytes of the range."""
    return info_of(blob, size=int(str(blob.content_range).rpartition("/")[2]))


def written_info(key: str, size: int, options: PutOptions, answer: Mapping[str, Any]) -> BlobInfo:
    """The BlobInfo of a blob that was written, by the service's answer."""
    etag, modified = _etag(answer["etag"]), answer["last_modified"]
    return BlobInfo(key, etag, size, modified, options.content_type)
