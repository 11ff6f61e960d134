"""ETags: one revision of a document as HTTP names it."""

from __future__ import annotations

from ingenious_storage import RevisionId


def etag_of(revision: RevisionId) -> str:
    """The strong ETag of one revision."""
    return f'"{revision.number}-{revision.write_id}"'
