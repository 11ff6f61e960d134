"""Versioned documents: what memory and prompts are made of, and neither knows about blobs.

One document is one head blob, which a commit swaps atomically, and immutable sealed segments of
its older history under `history/`. The format is docs/storage-format.md.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from ingenious_storage.documents.copying import Copied, copy
from ingenious_storage.documents.document import Document
from ingenious_storage.documents.erasing.prune import PruneReport, prune
from ingenious_storage.documents.erasing.purge import GRACE, PurgeReceipt, purge
from ingenious_storage.documents.erasing.rewrite import RewriteReceipt, rewrite
from ingenious_storage.documents.format.encoding import JSON, MSGPACK, Encoding
from ingenious_storage.documents.format.markers import is_bookkeeping
from ingenious_storage.documents.format.packed import is_packed
from ingenious_storage.documents.format.revision import (
    Note,
    Revision,
    RevisionId,
    note,
    number_of,
)
from ingenious_storage.documents.groups import Groups
from ingenious_storage.documents.retention import Retention
from ingenious_storage.documents.store import DocumentStore
from ingenious_storage.documents.unpacking import unpacked
from ingenious_storage.documents.walk import revisions
from ingenious_storage.documents.writing.once import once

if TYPE_CHECKING:
    from ingenious_storage.documents.checking.repair import Repair, repair
    from ingenious_storage.documents.checking.stored import Stored, stored
    from ingenious_storage.documents.checking.survey import LOST_HEAD, Problem
    from ingenious_storage.documents.checking.verify import VerifyReport, verify
    from ingenious_storage.documents.erasing.gc import GcReport, gc

_MAINTENANCE: Final = (
    "checking.repair",
    "checking.stored",
    "checking.survey",
    "checking.verify",
    "erasing.gc",
)
"""Modules that are imported when a name of theirs is used: an application never does."""

__all__ = [
    "GRACE",
    "JSON",
    "LOST_HEAD",
    "MSGPACK",
    "Copied",
    "Document",
    "DocumentStore",
    "Encoding",
    "GcReport",
    "Groups",
    "Note",
    "Problem",
    "PruneReport",
    "PurgeReceipt",
    "Repair",
    "Retention",
    "Revision",
    "RevisionId",
    "RewriteReceipt",
    "Stored",
    "VerifyReport",
    "copy",
    "gc",
    "is_bookkeeping",
    "is_packed",
    "note",
    "number_of",
    "once",
    "prune",
    "purge",
    "repair",
    "revisions",
    "rewrite",
    "stored",
    "unpacked",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        for home in _MAINTENANCE:
            value = getattr(importlib.import_module(f"{__name__}.{home}"), name, None)
            if value is not None:
                globals()[name] = value  # so that this is asked once
                return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
