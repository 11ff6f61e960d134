"""What a worker does with a range. Each of these may be done twice for one range."""

from __future__ import annotations

from dataclasses import dataclass

from ingenious_ops.bulk.ranges import Range
from ingenious_ops.spread.job import Job
from ingenious_ops.transfer.conversation_files import Layout
from ingenious_ops.transfer.forms import Form, forms
from ingenious_ops.transfer.prompt_exports import LoadedSet, load_sets
from ingenious_storage.catalogue import DocumentKind, Found
from ingenious_storage.config import Role
from ingenious_storage.documents import VerifyReport
from ingenious_storage.services.keys import Outcome


@dataclass(frozen=True, slots=True)
class VerifyTask:
    """Items: documents, as they were listed."""

    job: Job
    role: Role


@dataclass(frozen=True, slots=True)
class ReadTask:
    """Items: keys of documents."""

    job: Job
    kind: DocumentKind


@dataclass(frozen=True, slots=True)
class EncryptTask:
    """Items: blobs, as they were listed."""

    job: Job
    role: Role
    compress: bool
    dry_run: bool
    workers: int | None


@dataclass(frozen=True, slots=True)
class ConversationsTask:
    """Items: conversation ids."""

    job: Job
    layout: Layout


@dataclass(frozen=True, slots=True)
class SetsTask:
    """Items: names of prompt sets, each with a revision."""

    job: Job


def verify_range(task: VerifyTask, range_: Range) -> VerifyReport:
    """Rebuild and check every revision of these documents."""
    with task.job.storage() as storage:
        return storage.verify_listed(task.role, range_.items)


def read_range(task: ReadTask, range_: Range) -> list[Found]:
    """What the index holds of these documents."""
    with task.job.storage() as storage:
        return storage.catalogue.read(task.kind, range_.items)


def encrypt_range(task: EncryptTask, range_: Range) -> list[Outcome]:
    """Encrypt these blobs where they lie."""
    with task.job.storage() as storage:
        return storage.keys.encrypt_listed(
            task.role,
            range_.items,
            compress=task.compress,
            dry_run=task.dry_run,
            workers=task.workers,
        )


def export_conversations(task: ConversationsTask, range_: Range) -> list[Form]:
    """The files of these conversations; the command writes them."""
    with task.job.storage() as storage:
        return list(forms(storage.memory, range_.items, task.layout))


def export_sets(task: SetsTask, range_: Range) -> list[LoadedSet]:
    """The files of these prompt sets; the command writes them."""
    with task.job.storage() as storage:
        return list(load_sets(storage.prompts, range_.items))
