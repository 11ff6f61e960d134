"""Versioned documents: what memory and prompts are made of, and neither knows about blobs.

One document is one head blob, which a commit swaps atomically, and immutable sealed segments of
its older history under `history/`. The format is docs/storage-format.md.
"""

from ingenious_storage.documents.checking.repair import Repair, repair
from ingenious_storage.documents.checking.survey import LOST_HEAD, Problem
from ingenious_storage.documents.checking.verify import VerifyReport, verify
from ingenious_storage.documents.erasing.gc import GRACE, GcReport, gc
from ingenious_storage.documents.erasing.prune import PruneReport, prune
from ingenious_storage.documents.erasing.purge import PurgeReceipt, purge
from ingenious_storage.documents.format.markers import is_bookkeeping
from ingenious_storage.documents.format.revision import (
    Note,
    Revision,
    RevisionId,
    note,
    number_of,
)
from ingenious_storage.documents.store import Document, DocumentStore

__all__ = [
    "GRACE",
    "LOST_HEAD",
    "Document",
    "DocumentStore",
    "GcReport",
    "Note",
    "Problem",
    "PruneReport",
    "PurgeReceipt",
    "Repair",
    "Revision",
    "RevisionId",
    "VerifyReport",
    "gc",
    "is_bookkeeping",
    "note",
    "number_of",
    "prune",
    "purge",
    "repair",
    "verify",
]
