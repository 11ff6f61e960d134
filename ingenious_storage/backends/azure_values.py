"""Conditions and blob properties, between this library's words and the SDK's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azure.core import MatchConditions

from ingenious_storage.backends.base import BlobInfo, Condition, IfAbsent, IfMatch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure.storage.blob import BlobProperties


def _etag(etag: str | None) -> str:
    """Quoted, as in a header: listings give it without quotes, and conditions need them."""
    if not etag:
        raise ValueError("an answer without an ETag is not of Azure Blob Storage")
    return etag if etag.endswith('"') else f'"{etag}"'


def only(condition: Condition | None) -> dict[str, Any]:
    match condition:
        case None:
            return {}
        case IfAbsent():
            return {"match_condition": MatchConditions.IfMissing}
        case IfMatch(etag):
            return {"etag": _etag(etag), "match_condition": MatchConditions.IfNotModified}


def unless(etag: str | None) -> dict[str, Any]:
    if etag is None:
        return {}
    return {"etag": _etag(etag), "match_condition": MatchConditions.IfModified}


def info_of(blob: BlobProperties, *, size: int | None = None) -> BlobInfo:
    return BlobInfo(
        blob.name,
        _etag(blob.etag),
        blob.size if size is None else size,
        blob.last_modified,
        blob.content_settings.content_type,
    )


def read_info(blob: BlobProperties) -> BlobInfo:
    """Of a download, where `size` counts the bytes of the range."""
    return info_of(blob, size=int(str(blob.content_range).rpartition("/")[2]))


def written_info(key: str, size: int, content_type: str, answer: Mapping[str, Any]) -> BlobInfo:
    return BlobInfo(key, _etag(answer["etag"]), size, answer["last_modified"], content_type)
