"""Verify: rebuild and check what is stored, and find what belongs to nobody."""

from __future__ import annotations

from dataclasses import dataclass

from ingenious_storage.documents.checking.survey import Damaged, Problem, survey
from ingenious_storage.documents.store import DocumentStore
from ingenious_storage.documents.telemetry import traced


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a verify found. Reports add up."""

    documents: int = 0
    revisions: int = 0
    """Rebuilt, and each checked by its SHA-256."""
    problems: tuple[Problem, ...] = ()
    orphans: tuple[str, ...] = ()
    """Segments of no document's lineage: of a branch left by a restored head, or of a crash."""

    def __add__(self, other: VerifyReport) -> VerifyReport:
        return VerifyReport(
            self.documents + other.documents,
            self.revisions + other.revisions,
            self.problems + other.problems,
            self.orphans + other.orphans,
        )


@traced
def verify(store: DocumentStore, prefix: str = "") -> VerifyReport:
    """Rebuild and check every revision of every document below `prefix`.

    It goes on behind a problem and reports all. Blobs that are no documents by the shape of their
    key are left alone. Memory is bounded by the largest document, not by their number.
    """
    documents = revisions = 0
    problems: list[Problem] = []
    orphans: list[str] = []
    for item in survey(store, prefix, rebuild=True):
        if isinstance(item, Damaged):
            documents += 1
            problems += item.problems
            continue
        documents += item.revisions > 0
        revisions += item.revisions
        orphans += (orphan.key for orphan in item.orphans)
    return VerifyReport(documents, revisions, tuple(problems), tuple(orphans))
