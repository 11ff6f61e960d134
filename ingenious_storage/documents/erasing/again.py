"""A head put again: the same revision with other fields, as erasures note what they are at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from ingenious_storage.backends.base import IfMatch
from ingenious_storage.documents.format.head import Head
from ingenious_storage.documents.format.records import HeadFields
from ingenious_storage.documents.store import DocumentStore


def put_again(store: DocumentStore, head: Head, fields: Mapping[str, Any]) -> Head:
    """Put the revision of `head` with `fields`, on condition that nobody has written since.

    Raises: ConflictError; the errors of the store. Whether it landed all the same is for the caller
    to settle, by an id of its own in the fields.
    """
    new = replace(head, fields=cast(HeadFields, fields))
    info = store.files.save_bytes(
        head.key,
        new.encode(),
        content_type=new.content_type,
        condition=IfMatch(head.etag or ""),
    )
    new = replace(new, etag=info.etag)
    store.reader.remember(new)
    return new
