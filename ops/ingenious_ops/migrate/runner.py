"""A whole run: what is at both ends, every object copied, and the sums."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from ingenious_ops.migrate import journal
from ingenious_ops.migrate.copy import WRITTEN, Copier, Outcome, Status
from ingenious_ops.migrate.ends.base import Ends, Item, Skipped
from ingenious_ops.migrate.ends.properties import lost
from ingenious_ops.migrate.forecast import forecast
from ingenious_ops.migrate.journal import Entry, Identity, Journal
from ingenious_ops.migrate.pool import Pool, Stop
from ingenious_ops.migrate.spread.spreading import Spread
from ingenious_ops.migrate.stopping import StoppingCopier
from ingenious_ops.migrate.survey import survey
from ingenious_storage.errors import StorageError
from ingenious_storage.runtime.parallel import WORKERS


@dataclass(frozen=True, slots=True)
class Options:
    """How a run copies, and where it notes what is done."""

    journal: Path
    dry_run: bool = False
    overwrite: bool = False
    workers: int = WORKERS


@dataclass
class Progress:
    """How far a run is; one thread writes it."""

    total_objects: int
    total_bytes: int
    started: float = field(default_factory=time.monotonic)
    objects: int = 0
    bytes: int = 0
    written_bytes: int = 0
    failed: int = 0
    """Objects of `objects`."""

    @property
    def seconds(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self.started

    @property
    def rate(self) -> float:
        """Bytes a second that were written."""
        return self.written_bytes / max(self.seconds, 1e-9)

    @property
    def seconds_left(self) -> float | None:
        """By objects or by bytes, whichever is further behind; None before there is a rate."""
        shares = [
            done / total
            for done, total in (
                (self.objects, self.total_objects),
                (self.bytes, self.total_bytes),
            )
            if total
        ]
        share = min(shares, default=1.0)
        return self.seconds * (1 - share) / share if share else None


@dataclass
class Report:
    """What a run did, or with `dry_run` would have done."""

    counts: Counter[Status] = field(default_factory=Counter)
    bytes: int = 0
    """Written."""
    seconds: float = 0.0
    conflicts: list[Outcome] = field(default_factory=list)
    failures: list[Outcome] = field(default_factory=list)
    skipped: Sequence[Skipped] = ()
    lost: Mapping[str, int] = field(default_factory=dict)
    """Properties that the target cannot keep, and of how many objects."""
    obstacle: StorageError | None = None
    """Why not everything can be written, as far as it could be known before."""
    not_begun: int = 0
    given_up: StorageError | None = None
    """Why the run stopped by itself."""

    def add(self, outcome: Outcome) -> None:
        """Count an outcome, and keep it when it is a conflict or a failure."""
        self.counts[outcome.status] += 1
        if outcome.status in WRITTEN:
            self.bytes += outcome.size
        if outcome.status is Status.CONFLICT:
            self.conflicts.append(outcome)
        if outcome.status is Status.FAILED:
            self.failures.append(outcome)

    @property
    def faults(self) -> list[Skipped]:
        """What should have been copied, and could not be read."""
        return [entry for entry in self.skipped if entry.is_fault]


def run(
    ends: Ends,
    options: Options,
    *,
    stop: Stop | None = None,
    on_progress: Callable[[Progress], None] = lambda _progress: None,
    check: Callable[[Sequence[Item]], None] = lambda _items: None,
    spread: Spread | None = None,
) -> Report:
    """Copy what is not at the target yet. `check` may refuse the listing of the source.

    Args:
        spread: copies on other processes, in place of threads of this one.

    Raises: CollisionError, NotFoundError for no source, what the journal and listings raise, and
        with `spread` what its executor raises.
    """
    stop = Stop() if stop is None else stop
    found = survey(ends)
    check(found.source.items)
    found.refuse_collisions()
    with ExitStack() as opened:
        held, done = _journal(ends, options, opened)
        if held is not None:
            ends.target.prepare()
            if spread is not None:
                spread, done = spread.begun(ends, held), held.entries
        expected, items = forecast(ends, found), found.source.items
        copier = Copier(ends, found.present, done, held, options.overwrite, expected.by_key)
        report = Report(skipped=found.source.skipped, lost=lost(items, ends.target))
        report.obstacle = expected.whole
        progress = Progress(len(items), sum(item.size for item in items))
        totals = _Totals(report, progress, on_progress)
        if spread is None:
            stopping = StoppingCopier(copier, stop)
            Pool(stopping.copy, workers=options.workers, stop=stop).run(items, totals.take)
            report.given_up = stopping.given_up
        else:
            report.given_up = spread.copy(items, copier, stop, totals.take)
        report.seconds = progress.seconds
        report.not_begun = len(items) - progress.objects
    if spread is not None and not options.dry_run and not report.not_begun:
        spread.finish(ends)
    return report


def _journal(
    ends: Ends, options: Options, opened: ExitStack
) -> tuple[Journal | None, Mapping[str, Entry]]:
    """The journal to write, None for a dry run, and what is in it."""
    identity = Identity.of(ends)
    if not options.dry_run:
        held = opened.enter_context(Journal(options.journal, identity))
        return held, held.entries
    record = journal.load(options.journal)
    if record is None:
        return None, {}
    journal.check_identity(options.journal, record, identity)
    return None, record.entries


@dataclass
class _Totals:
    """Adds up outcomes."""

    report: Report
    progress: Progress
    on_progress: Callable[[Progress], None]

    def take(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            self.report.add(outcome)
            self.progress.objects += 1
            self.progress.bytes += outcome.size
        self.progress.written_bytes = self.report.bytes
        self.progress.failed = len(self.report.failures)
        self.on_progress(self.progress)
