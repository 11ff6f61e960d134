"""Verify: rebuild and check what is stored, and find what belongs to nobody."""

from __future__ import annotations

from dataclasses import dataclass

from ingenious_storage.documents.checking.survey import Damaged, Problem, survey
from ingenious_storage.documents.store import DocumentStore
from ingenious_storage.documents.telemetry import watched


@dataclass(frozen=True, slots=True)
class VerifyReport:
    documents: int
    revisions: int
    """Rebuilt, and each checked by its SHA-256."""
    problems: tuple[Problem, ...]
    strays: tuple[str, ...]
    """Segments of no document's lineage: of a branch left by a restored head, or of a crash."""


@watched
def verify(store: DocumentStore, prefix: str = "") -> VerifyReport:
    """Rebuild and check every revision of every document below `prefix`.

    It goes on behind a problem and reports all. Blobs that are no documents by the shape of their
    key are left alone. Memory is bounded by the largest document, not by their number.
    """
    documents = revisions = 0
    problems: list[Problem] = []
    strays: list[str] = []
    for item in survey(store, prefix, rebuild=True):
        if isinstance(item, Damaged):
            documents += 1
            problems += item.problems
            continue
        documents += item.revisions > 0
        revisions += item.revisions
        strays += (stray.key for stray in item.strays)
    return VerifyReport(documents, revisions, tuple(problems), tuple(strays))
