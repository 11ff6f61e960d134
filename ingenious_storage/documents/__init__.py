"""Versioned documents: what memory and prompts are made of, and neither knows about blobs.

One document is one head blob, which a commit swaps atomically, and immutable sealed segments of
its older history under `history/`. The format is docs/storage-format.md.
"""

from ingenious_storage.documents.head import Note, Revision, note
from ingenious_storage.documents.pinned import Pinned
from ingenious_storage.documents.prune import PruneReport, prune
from ingenious_storage.documents.purge import PurgeReceipt, purge
from ingenious_storage.documents.repair import Repair, repair
from ingenious_storage.documents.store import Document, DocumentStore
from ingenious_storage.documents.survey import Problem
from ingenious_storage.documents.sweep import GcReport, gc
from ingenious_storage.documents.verify import VerifyReport, verify

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
