"""The names that the library emits; docs/metrics.md says what each means, and a test compares.

There is no semantic convention for Azure Blob, so the names are our own.
"""

from __future__ import annotations

from typing import Final

SCOPE: Final = "ingenious_storage"

SPAN_PREFIX: Final = "ingenious.storage."
"""A span is named SPAN_PREFIX + operation, one for each attempt."""
DOCUMENT_PREFIX: Final = "ingenious.storage.document."
"""A span is named DOCUMENT_PREFIX + operation, one for each call on a document."""

ATTR_OPERATION: Final = "ingenious.storage.operation"
ATTR_BACKEND: Final = "ingenious.storage.backend"
ATTR_CONTAINER: Final = "ingenious.storage.container"
ATTR_SHARD: Final = "ingenious.storage.shard"
ATTR_DIRECTION: Final = "ingenious.storage.direction"
ATTR_OUTCOME: Final = "ingenious.storage.outcome"
ATTR_LEVEL: Final = "ingenious.storage.level"
ATTR_ERROR: Final = "error.type"

EVENT_SAVED: Final = "revision_saved"
EVENT_CONFLICT: Final = "conflict_settled"
EVENT_LOST_ANSWER: Final = "lost_answer_settled"
EVENT_BLIND: Final = "blind_overwrite"
EVENT_STALE: Final = "stale_answer"
EVENT_CORRUPT: Final = "corrupt_object_met"
