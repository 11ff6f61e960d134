"""Listing: one page of objects and prefixes."""

from __future__ import annotations

from typing import Any, Final

import orjson

from ingenious_storage.backends.base import Page
from ingenious_storage.backends.gcs.values import FIELDS, METADATA, info_of

LARGEST_PAGE: Final = 1000
"""The service gives no more, whatever it is asked for."""
PAGE_BYTES: Final = 32 * 1024 * 1024
"""A thousand names of 1 KiB in the JSON of `\\u` escapes, each with metadata of 8 KiB, fit."""


def query(
    prefix: str, delimiter: str | None, token: str | None, limit: int, *, metadata: bool
) -> dict[str, str]:
    """The query of a page."""
    fields = f"{FIELDS},{METADATA}" if metadata else FIELDS
    found = {
        "maxResults": str(max(1, min(limit, LARGEST_PAGE))),
        "fields": f"items({fields}),prefixes,nextPageToken",
        "prefix": prefix,
        "delimiter": delimiter,
        "pageToken": token,
    }
    return {name: value for name, value in found.items() if value}


def page_of(body: bytes) -> Page:
    """The page of an answer. Raises: ValueError, LookupError, TypeError when it is none."""
    answer: Any = orjson.loads(body)
    if not isinstance(answer, dict):
        raise TypeError("a listing is no object")
    prefixes, token = answer.get("prefixes") or (), answer.get("nextPageToken") or None
    if not all(isinstance(each, str) for each in (*prefixes, token or "")):
        raise TypeError("a prefix or the token is no text")
    return Page(
        blobs=tuple(info_of(item) for item in answer.get("items") or ()),
        prefixes=tuple(prefixes),
        token=token,
    )
