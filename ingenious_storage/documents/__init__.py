"""Versioned documents: what memory and prompts are made of, and neither knows about blobs.

One document is one head blob, which a commit swaps atomically, and immutable sealed segments of
its older history under `history/`. The format is docs/storage-format.md.
"""

from ingenious_storage.documents.checking.repair import Repair, repair
from ingenious_storage.documents.checking.survey import Problem
from ingenious_storage.documents.checking.verify import VerifyReport, verify
from ingenious_storage.documents.erasing.gc import GcReport, gc
from ingenious_storage.documents.erasing.prune import PruneReport, prune
from ingenious_storage.documents.erasing.purge import PurgeReceipt, purge
from ingenious_storage.documents.format.head import Note, Revision, note
from ingenious_storage.documents.format.pinned import Pinned
from ingenious_storage.documents.store import Document, DocumentStore

__all__ = [
    "Document",
    "DocumentStore",
    "GcReport",
    "Note",
    "Pinned",
    "Problem",
    "PruneReport",
    "PurgeReceipt",
    "Repair",
    "Revision",
    "VerifyReport",
    "gc",
    "note",
    "prune",
    "purge",
    "repair",
    "verify",
]
