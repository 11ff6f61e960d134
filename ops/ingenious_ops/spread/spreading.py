"""The command's part of spread work: it cuts ranges of what it lists, and takes in what comes back.

Results are handed on in the order of the ranges, whichever worker was first, so that what a command
says is the same on every executor.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar, cast

from ingenious_ops.bulk.ranges import Range, split
from ingenious_ops.bulk.work import Death, Executor, Outcome, Work, unheard
from ingenious_ops.spread import work
from ingenious_ops.spread.job import Job
from ingenious_ops.transfer.conversation_files import Layout
from ingenious_ops.transfer.forms import Form
from ingenious_ops.transfer.prompt_exports import LoadedSet, SetRevision
from ingenious_storage.backends.base import BlobInfo, Properties
from ingenious_storage.catalogue import DocumentKind, Found
from ingenious_storage.config import Role
from ingenious_storage.documents import Stored, VerifyReport
from ingenious_storage.services import keys

T = TypeVar("T")
_MOST: Final = 200
"""Documents or blobs of a range: the index takes as many in a transaction."""
_TEXTS: Final = 64
"""Conversations of a range: their texts are in memory together, in a worker and here."""


@dataclass(frozen=True)
class Spread:
    """Does the work of one storage on an executor. Its methods raise what a range met first in
    their order, and what the executor raises.

    Attributes:
        on_death: told of workers that are gone.
        most: documents or blobs of a range.
    """

    executor: Executor
    job: Job
    on_death: Callable[[Death], None] = unheard
    most: int = _MOST

    def verify(self, role: Role, items: Iterator[Stored]) -> Iterator[VerifyReport]:
        """For `Storage.verify`."""
        ranges = split(items, lambda item: item.key, lambda item: item.bytes, max_count=self.most)
        return self._run(work.verify_range, work.VerifyTask(self.job, role), ranges)

    def read(self, kind: DocumentKind, names: Iterator[str]) -> Iterator[list[Found]]:
        """For `Catalogue.rebuild`, of documents by the keys of their blobs."""
        ranges = split(names, str, lambda _key: 0, max_count=self.most)
        return self._run(work.read_range, work.ReadTask(self.job, kind), ranges)

    def encrypt(
        self, *, compress: bool, dry_run: bool, workers: int | None
    ) -> Callable[[Role, Iterator[BlobInfo]], Iterator[list[keys.Outcome]]]:
        """For `Keys.encrypt`, with the same arguments."""

        def run(role: Role, blobs: Iterator[BlobInfo]) -> Iterator[list[keys.Outcome]]:
            # What users keep with a blob is read anew, and need not travel.
            bare = (replace(blob, properties=Properties()) for blob in blobs)
            ranges = split(bare, lambda blob: blob.key, lambda blob: blob.size, max_count=self.most)
            task = work.EncryptTask(self.job, role, compress, dry_run, workers)
            return self._run(work.encrypt_range, task, ranges)

        return run

    def conversations(self, names: Iterable[str], layout: Layout) -> Iterator[Form]:
        """For `Export`."""
        ranges = split(names, str, lambda _name: 0, max_count=min(self.most, _TEXTS))
        task = work.ConversationsTask(self.job, layout)
        return _flat(self._run(work.export_conversations, task, ranges))

    def sets(self, wanted: Iterable[SetRevision]) -> Iterator[LoadedSet]:
        """For the export of prompts."""
        ranges = split(
            wanted, lambda each: each.set, lambda _each: 0, max_count=min(self.most, _TEXTS)
        )
        return _flat(self._run(work.export_sets, work.SetsTask(self.job), ranges))

    def _run(
        self, function: Callable[[Any, Range], T], task: Any, ranges: Iterable[Range]
    ) -> Iterator[T]:
        waiting, turn = dict[int, Outcome](), 0
        outcomes = self.executor.run(Work(function, task), ranges, on_death=self.on_death)
        with closing(cast("Generator[Outcome]", outcomes)):  # what is left of it is stopped
            for outcome in outcomes:
                waiting[outcome.range.number] = outcome
                while (found := waiting.pop(turn, None)) is not None:
                    if found.error is not None:
                        raise found.error
                    yield found.result
                    turn += 1


def _flat(lists: Iterable[list[T]]) -> Iterator[T]:
    for each in lists:
        yield from each
