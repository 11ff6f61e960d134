"""What a worker does with a range of a migration: copy it, or read and hash it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingenious_ops.bulk.ranges import Range
from ingenious_ops.migrate.comparison import Hashed, Hasher
from ingenious_ops.migrate.copy import Copier, Outcome
from ingenious_ops.migrate.ends.base import Ends, Item
from ingenious_ops.migrate.journal import Entry
from ingenious_ops.migrate.pool import Pool, Stop
from ingenious_ops.migrate.spread.job import Job, Piece
from ingenious_ops.migrate.spread.journals import RangeJournal
from ingenious_ops.migrate.stopping import StoppingCopier
from ingenious_storage.errors import StorageError
from ingenious_storage.runtime.parallel import results_of


@dataclass(frozen=True, slots=True)
class Copied:
    """What became of a range."""

    outcomes: tuple[Outcome, ...]
    """Of fewer than all when it gave up."""
    entries: tuple[Entry, ...]
    """For the journal of the command."""
    given_up: StorageError | None = None


def copy_range(job: Job, range_: Range) -> Copied:
    """Copy the objects of a range that are not at the target yet.

    Harmless when it is repeated, also at the same time: every write has a condition, and what an
    earlier try has done is in the journal of the range, or is found equal.
    """
    pieces: tuple[Piece, ...] = range_.items
    with job.opened() as ends:
        present = {piece.key: piece.target for piece in pieces if piece.target is not None}
        done = {piece.key: piece.done for piece in pieces if piece.done is not None}
        journal = None
        if job.run:
            journal = RangeJournal(job.shelf(ends), f"{job.run}-{range_.number:06d}.jsonl")
            done |= journal.entries
            present |= _found(ends, list(journal.entries), job.workers)
        stop, outcomes = Stop(), list[Outcome]()
        copier = StoppingCopier(Copier(ends, present, done, journal, job.overwrite), stop)
        pool = Pool(copier.copy, workers=job.workers, stop=stop)
        pool.run([piece.source for piece in pieces if piece.source is not None], outcomes.extend)
        if journal is not None:
            journal.flush()
        entries = () if journal is None else tuple(journal.entries.values())
        return Copied(tuple(outcomes), entries, copier.given_up)


def _found(ends: Ends, keys: Sequence[str], workers: int) -> Mapping[str, Item]:
    """What an earlier try of this range has left at the target."""
    found = results_of(ends.target.find, keys, workers=workers)
    return {item.key: item for item in found if item is not None}


def hash_range(job: Job, range_: Range) -> tuple[Hashed, ...]:
    """Read the objects of a range at both ends."""
    pieces: tuple[Piece, ...] = range_.items
    with job.opened() as ends:
        hasher = Hasher(
            ends,
            {piece.key: piece.source for piece in pieces if piece.source is not None},
            {piece.key: piece.target for piece in pieces if piece.target is not None},
        )
        hashed: list[Hashed] = []
        either = (piece.source or piece.target for piece in pieces)
        pool = Pool(hasher.hash, workers=job.workers, stop=Stop())
        pool.run([item for item in either if item is not None], hashed.extend)
        return tuple(hashed)
