"""Upkeep of a whole storage: every document of both of its containers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from ingenious_storage import Storage
from ingenious_storage.documents import (
    DocumentStore,
    Problem,
    Repair,
    VerifyReport,
    gc,
    repair,
    verify,
)
from ingenious_storage.services import labels, memory, prompts

DANGLING_LABEL: Final = "dangling_label"


@dataclass(frozen=True)
class Verified:
    role: str
    container: str
    report: VerifyReport


@dataclass(frozen=True)
class Sweep:
    """What a sweep deleted, or would delete: role of the container, and key."""

    rows: list[tuple[str, str]]
    bytes: int

    @property
    def count(self) -> int:
        return len(self.rows)


def verify_all(storage: Storage) -> list[Verified]:
    """Both containers; one that does not exist yet holds nothing that could be wrong."""
    found = []
    for role, container, store, roots in _places(storage):
        reports = [verify(store, root) for root in roots if store.files.container_exists()]
        dangling = _dangling(storage) if store is storage.prompts.documents and reports else []
        merged = VerifyReport(
            documents=sum(report.documents for report in reports),
            revisions=sum(report.revisions for report in reports),
            problems=(*(each for report in reports for each in report.problems), *dangling),
            strays=tuple(stray for report in reports for stray in report.strays),
        )
        found.append(Verified(role, container, merged))
    return found


def _dangling(storage: Storage) -> list[Problem]:
    return [
        Problem(
            f"{labels.ROOT}{label.name}.json",
            DANGLING_LABEL,
            f"it pins revision {label.number} of {label.set!r}, which is gone",
        )
        for label in storage.prompts.dangling_labels()
    ]


def sweep(storage: Storage, grace: timedelta, *, dry_run: bool) -> Sweep:
    """Delete what belongs to no document and is older than `grace`."""
    rows: list[tuple[str, str]] = []
    size = 0
    for role, _, store, roots in _places(storage):
        for root in roots:
            if store.files.container_exists():
                report = gc(store, root, grace=grace, dry_run=dry_run)
                rows += [(role, key) for key in report.keys]
                size += report.bytes
    return Sweep(rows, size)


@dataclass(frozen=True)
class Repaired:
    role: str
    repair: Repair


def repair_all(storage: Storage, prefix: str, *, dry_run: bool) -> list[Repaired]:
    """Heads that are lost or cannot be read, of the documents whose key begins with `prefix`."""
    names = {memory.ROOT: memory.memory_name, prompts.ROOT: prompts.prompt_name}
    return [
        Repaired(role, made)
        for role, _, store, roots in _places(storage)
        if store.files.container_exists()
        for root in roots
        if root.startswith(prefix) or prefix.startswith(root)
        for made in repair(
            store,
            max(root, prefix, key=len),
            name_of=names.get(root, prompts.prompt_name),
            dry_run=dry_run,
        )
    ]


def _places(storage: Storage) -> Iterator[tuple[str, str, DocumentStore, tuple[str, ...]]]:
    """Role, name, documents, and the roots of their keys: other keys are the application's."""
    settings = storage.settings.storage
    yield "data", settings.container_data, storage.memory.documents, (memory.ROOT,)
    roots = (prompts.ROOT, labels.ROOT)
    yield "revisions", settings.container_revisions, storage.prompts.documents, roots
