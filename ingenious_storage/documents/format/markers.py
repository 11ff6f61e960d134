"""Markers of documents that were deleted or purged at some time, so that a listing asks only those.

A marker is put before the head says so, and only `gc` takes it away: when there is no head any
more, and on condition of the marker's own ETag, because a delete may have put it again. Whoever
relies on a marker has seen the document's head before putting it, and swaps on top of that same
document: so there was a head all the time, and `gc` has left the marker alone.
"""

from __future__ import annotations

import secrets
from typing import Final

from ingenious_storage.documents.format.segment import split_key
from ingenious_storage.errors import StorageError
from ingenious_storage.file_storage import FileStorage

DELETED_ROOT: Final = "deleted/"


def is_bookkeeping(key: str) -> bool:
    """Whether a blob is a marker or a segment: what documents keep beside their heads."""
    return key.startswith(DELETED_ROOT) or split_key(key) is not None


def mark_deleted(files: FileStorage, key: str) -> None:
    """Put the marker. Its content is random: where equal bytes have equal ETags, `gc` would
    otherwise take one that was put again for the one that it saw."""
    try:
        files.save_bytes(DELETED_ROOT + key, secrets.token_hex(8).encode())
    except StorageError as error:
        error.outcome_unknown = False  # the head, which commits, was not sent
        raise
