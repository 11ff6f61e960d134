"""Verify: rebuild and check what is stored, and find what belongs to nobody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ingenious_storage.documents.checking.stored import Stored, stored
from ingenious_storage.documents.checking.survey import Damaged, Problem, survey_of
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
def verify(
    store: DocumentStore, prefix: str = "", *, items: Iterable[Stored] | None = None
) -> VerifyReport:
    """Rebuild and check every revision of every document below `prefix`.

    It goes on behind a problem and reports all. Blobs that are no documents by the shape of their
    key are left alone. Memory is bounded by the largest document, not by their number.

    Args:
        items: documents that `stored` has listed, in this process or in another one; then nothing
            is listed, and `prefix` says nothing. However a listing is divided, the reports of its
            parts add up to that of the whole.
    """
    listed = stored(store, prefix) if items is None else items
    documents = revisions = 0
    problems: list[Problem] = []
    orphans: list[str] = []
    for item in survey_of(store, listed, rebuild=True):
        if isinstance(item, Damaged):
            documents += 1
            problems += item.problems
            continue
        documents += item.revisions > 0
        revisions += item.revisions
        orphans += (orphan.key for orphan in item.orphans)
    return VerifyReport(documents, revisions, tuple(problems), tuple(orphans))
