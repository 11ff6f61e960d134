"""Summary: what a prune of a whole storage did, in numbers and document by document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from ingenious_storage.documents import PruneReport, PurgeReceipt
from ingenious_storage.errors import StorageError
from ingenious_storage.services.pruning.policy import PruneKind

Done = Literal["pruned", "erased", "kept", "failed"]
"""`pruned`: revisions went; `erased`: the whole document; `kept`: its TTL has passed, and somebody
wrote it, or what belongs together with it, meanwhile."""


@dataclass(frozen=True, slots=True)
class PruneEntry:
    """What became of one document, or would in a dry run."""

    kind: PruneKind
    key: str
    """Of the document; of a failure that ended the work on a kind what its keys begin with."""
    done: Done
    revisions: int | None = None
    """That went; None where nobody has looked, as in a dry run at a whole document."""
    blobs: int = 0
    bytes: int = 0
    receipt: PurgeReceipt | None = None
    """Of a document that was erased."""
    error: StorageError | None = None

    @classmethod
    def of_prune(cls, kind: PruneKind, report: PruneReport) -> PruneEntry:
        """Revisions that went."""
        return cls(kind, report.key, "pruned", report.revisions, report.blobs, report.bytes)

    @classmethod
    def of_purge(cls, kind: PruneKind, receipt: PurgeReceipt) -> PruneEntry:
        """A document that went."""
        return cls(
            kind,
            receipt.key,
            "erased",
            receipt.revisions,
            receipt.blobs,
            receipt.bytes,
            receipt=receipt,
        )


@dataclass
class PruneSummary:
    """What was looked at and done; `entries` are of documents that changed or failed."""

    dry_run: bool = False
    documents: int = 0
    """That a listing shows of what was chosen; also what purges of the last day have left."""
    pruned: int = 0
    """Documents that lost revisions."""
    erased: int = 0
    """Documents that went whole."""
    kept: int = 0
    """Documents that were written while they waited to be erased."""
    failed: int = 0
    revisions: int = 0
    """Of histories; not those of documents that went whole."""
    blobs: int = 0
    bytes: int = 0
    without_documents: tuple[str, ...] = ()
    """Names with a TTL, or chosen frameworks, that have no document: perhaps a slip of the pen."""
    entries: list[PruneEntry] = field(default_factory=list)

    def add(self, entry: PruneEntry) -> None:
        """Count one more."""
        self.pruned += entry.done == "pruned"
        self.erased += entry.done == "erased"
        self.kept += entry.done == "kept"
        self.failed += entry.done == "failed"
        if entry.done == "pruned":
            self.revisions += entry.revisions or 0
        self.blobs += entry.blobs
        self.bytes += entry.bytes

    @property
    def errors(self) -> Iterable[StorageError]:
        """Of the entries."""
        return [entry.error for entry in self.entries if entry.error is not None]
