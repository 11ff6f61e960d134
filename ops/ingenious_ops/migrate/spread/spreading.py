"""The command's part of a spread migration: it cuts ranges, and takes in what comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import uuid4

from ingenious_ops.bulk.ranges import Range, split
from ingenious_ops.bulk.work import Death, Executor, Work
from ingenious_ops.migrate.comparison import Hashed
from ingenious_ops.migrate.copy import Copier, Outcome
from ingenious_ops.migrate.ends.base import Ends, Item
from ingenious_ops.migrate.journal import Journal
from ingenious_ops.migrate.pool import Stop
from ingenious_ops.migrate.spread.job import Job, Piece
from ingenious_ops.migrate.spread.journals import MARK, RUN, entries_in
from ingenious_ops.migrate.spread.work import Copied, copy_range, hash_range
from ingenious_storage.errors import StorageError

_AT_ONCE: Final = 500
"""Items that need no request, told of together."""


@dataclass(frozen=True)
class Spread:
    """Runs a migration on an executor."""

    executor: Executor
    job: Job
    on_death: Callable[[Death], None]

    def begun(self, ends: Ends, held: Journal) -> Spread:
        """Fold what earlier runs have left at the target into the journal, and mark this run there.

        Raises: JournalError for what is damaged there.
        """
        shelf = self.job.shelf(ends)
        held.fold(entries_in(shelf))
        job = replace(self.job, run=uuid4().hex)
        shelf.write(RUN + job.run, MARK, replace=None)
        return replace(self, job=job)

    def finish(self, ends: Ends) -> None:
        """Nothing is left to do: delete the journals. Their entries are in that of the command."""
        shelf = self.job.shelf(ends)
        shelf.delete(shelf.names())

    def copy(
        self,
        items: Sequence[Item],
        copier: Copier,
        stop: Stop,
        take: Callable[[Sequence[Outcome]], None],
    ) -> StorageError | None:
        """Give outcomes to `take` as they come; why it gave up, if it did.

        Raises: what a whole range met, and what the executor does.
        """
        given_up: StorageError | None = None
        pieces = _unsettled(items, copier, take)
        for copied in self._run(copy_range, pieces, stop):
            assert isinstance(copied, Copied)
            if copier.journal is not None:
                for entry in copied.entries:
                    if copier.done.get(entry.key) != entry:
                        copier.journal.add(entry)
            take(copied.outcomes)
            if copied.given_up is not None and given_up is None:
                given_up = copied.given_up
                stop.ask()
        return given_up

    def hash(
        self,
        items: Sequence[Item],
        source: Mapping[str, Item],
        target: Mapping[str, Item],
        stop: Stop,
        take: Callable[[Sequence[Hashed]], None],
    ) -> None:
        """Give what both ends have of each item to `take`. Raises: as `copy`."""
        pieces = (
            Piece(item.key, item.size, source.get(item.key), target.get(item.key)) for item in items
        )
        for hashed in self._run(hash_range, pieces, stop):
            take(hashed)

    def _run(
        self, function: Callable[[Job, Range], object], pieces: Iterable[Piece], stop: Stop
    ) -> Iterator[Any]:
        ranges = split(pieces, lambda piece: piece.key, lambda piece: piece.size)
        stop.is_waited_for = True
        try:
            for outcome in self.executor.run(
                Work(function, self.job), ranges, stopped=lambda: bool(stop), on_death=self.on_death
            ):
                if outcome.error is not None:
                    raise outcome.error
                yield outcome.result
        finally:
            stop.is_waited_for = False


def _unsettled(
    items: Iterable[Item], copier: Copier, take: Callable[[Sequence[Outcome]], None]
) -> Iterator[Piece]:
    """What has to be sent: no request is needed for the rest."""
    settled: list[Outcome] = []
    for item in items:
        if (known := copier.settled(item)) is None:
            present, entry = copier.present.get(item.key), copier.done.get(item.key)
            yield Piece(item.key, item.size, item, present, entry)
            continue
        settled.append(known)
        if len(settled) == _AT_ONCE:
            take(settled)
            settled = []
    take(settled)
