"""Unpacking: what a packed head holds, for people who look at a blob."""

from __future__ import annotations

from typing import Any

from ingenious_storage.documents.format.encoding import encoding_of
from ingenious_storage.documents.format.packed import is_packed
from ingenious_storage.documents.format.parsing import parse_head


def unpacked(raw: bytes, *, key: str) -> dict[str, Any] | None:
    """The fields of a packed head, and `data` as they are; None when `raw` is something else.

    Raises: CorruptObjectError when it is not what was written under `key`; UnsupportedFormatError.
    """
    if not is_packed(raw):
        return None
    head = parse_head(raw, key=key, etag=None)
    encoding = encoding_of(head.encoding, key=key)
    data = None if head.deleted else encoding.loads(head.data, key=key)
    return {**head.fields, "data": data}
