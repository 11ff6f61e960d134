"""A migration in ranges does what one on threads does, and goes on after whatever ended it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ingenious_ops.bulk.carried import Carried
from ingenious_ops.bulk.errors import BulkError, WorkerPlaceError
from ingenious_ops.bulk.ranges import Range, split
from ingenious_ops.bulk.threads import Threads
from ingenious_ops.bulk.work import Outcome, Work, unheard
from ingenious_ops.configuration import Configuration
from ingenious_ops.migrate.copy import Status
from ingenious_ops.migrate.ends.base import Ends
from ingenious_ops.migrate.journal import Identity, load
from ingenious_ops.migrate.location import Request, open_ends, parse_place
from ingenious_ops.migrate.runner import Options, Report, run
from ingenious_ops.migrate.spread.job import Job, Piece
from ingenious_ops.migrate.spread.journals import MARK, RUN
from ingenious_ops.migrate.spread.spreading import Spread
from ingenious_ops.migrate.spread.work import copy_range
from ingenious_ops.migrate.verification import verify
from tests.ops.migrate.harness import counts, many, read_tree, write_tree

FILES = many(12)
PROFILES = """
profiles:
  new: {storage: {type: local, local: {base_path: ./store}}}
  other: {storage: {type: local, local: {base_path: ./elsewhere}}}
"""


class Dying(Threads):
    """Ends with an error after so many ranges, as when the scheduler is lost."""

    def __init__(self, after: int) -> None:
        super().__init__(1)
        self._after = after

    def run(self, work: Work, ranges: Any, **options: Any) -> Iterator[Outcome]:
        for number, outcome in enumerate(super().run(work, ranges, **options)):
            if number == self._after:
                raise BulkError("the end")
            yield outcome


@dataclass
class Setting:
    """One migration, from a folder to a container on disk or another folder."""

    folder: Path
    target: str

    def __call__(
        self, executor: Threads, change: Callable[[Job], Job] = lambda job: job, **options: Any
    ) -> Report:
        with self.opened() as (ends, job):
            return run(
                ends,
                Options(self.journal, **options),
                spread=Spread(executor, change(job), unheard),
            )

    @property
    def journal(self) -> Path:
        return self.folder / "journal.jsonl"

    @contextmanager
    def opened(self) -> Iterator[tuple[Ends, Job]]:
        request = Request(parse_place("./src"), parse_place(self.target))
        configuration = Configuration()
        with open_ends(request, configuration) as ends:
            yield ends, Job(request, Carried(configuration), Identity.of(ends), workers=2)

    def written(self) -> dict[str, tuple[bytes, int]]:
        """Every object at the target, and its inode: a new one when it was written again."""
        return {
            path.relative_to(root).as_posix(): (path.read_bytes(), path.stat().st_ino)
            for root in (self.folder / "out", self.folder / "store")
            for path in root.rglob("*.txt")
        }

    def journals_left(self) -> list[str]:
        roots = (self.folder / "out", self.folder / "store")
        names = [path.as_posix() for root in roots for path in root.rglob("*") if path.is_file()]
        return [name for name in names if ".jsonl" in name or f"/{RUN}" in name]


@pytest.fixture(params=["new:data", "./out"])
def setting(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Setting:
    monkeypatch.chdir(tmp_path)
    # Of three objects each, so that a few files are many ranges.
    monkeypatch.setattr(
        "ingenious_ops.migrate.spread.spreading.split",
        lambda items, key, size: split(items, key, size, max_count=3),
    )
    write_tree(tmp_path / "src", FILES)
    (tmp_path / "profiles.yml").write_text(PROFILES)
    return Setting(tmp_path, request.param)


def test_everything_arrives_and_no_journal_is_left(setting: Setting) -> None:
    assert counts(setting(Threads(2))) == {"copied": 12}
    assert sorted(data for data, _ in setting.written().values()) == sorted(FILES.values())
    record = load(setting.journal)
    assert record is not None
    assert {*record.entries} == {*FILES}
    assert setting.journals_left() == []
    before = setting.written()
    assert counts(setting(Threads(2))) == {"unchanged": 12}
    assert setting.written() == before
    with setting.opened() as (ends, job):
        found = verify(ends, spread=Spread(Threads(2), job, unheard))
    assert found.passed
    assert found.equal == 12


def test_a_second_run_goes_on_from_the_journals_at_the_target(setting: Setting) -> None:
    with pytest.raises(BulkError):
        setting(Dying(after=2))
    setting.journal.unlink()  # as on another machine
    before = setting.written()
    assert setting.journals_left()
    assert len(before) >= 9  # what was given back, and what was done when the run ended
    report = setting(Threads(2))
    assert report.counts[Status.UNCHANGED] >= 9
    assert sum(report.counts.values()) == 12
    after = setting.written()
    assert {key: after[key] for key in before} == before  # nothing was written twice
    assert sorted(data for data, _ in after.values()) == sorted(FILES.values())
    assert setting.journals_left() == []


def test_a_dry_run_writes_nothing(setting: Setting) -> None:
    assert counts(setting(Threads(2), dry_run=True)) == {"copied": 12}
    root = setting.folder / "store"
    assert not root.exists() or read_tree(root) == {}
    assert not (setting.folder / "out").exists()


def test_a_range_that_is_done_twice_is_written_once(setting: Setting) -> None:
    with setting.opened() as (ends, made):
        ends.target.prepare()
        job = replace(made, run="r")
        job.shelf(ends).write(f"{RUN}r", MARK, replace=None)
        items = ends.source.listing().items
        pieces = tuple(Piece(item.key, item.size, item, None) for item in items)
        range_ = Range(0, items[0].key, items[-1].key, len(items), 0, pieces)
        first = copy_range(job, range_)
        before = setting.written()
        second = copy_range(job, range_)
        # As if its worker had died before the journal was written.
        job.shelf(ends).delete([name for name in job.shelf(ends).names() if RUN not in name])
        third = copy_range(job, range_)
    assert {outcome.status for outcome in first.outcomes} == {Status.COPIED}
    assert {outcome.status for outcome in second.outcomes} == {Status.UNCHANGED}
    assert len(third.outcomes) == 12
    assert not any(outcome.error for outcome in third.outcomes)
    assert setting.written() == before


def test_a_worker_that_is_led_elsewhere_is_refused(setting: Setting) -> None:
    elsewhere = "other:data" if setting.target == "new:data" else "./there"

    def change(job: Job) -> Job:
        return replace(job, request=replace(job.request, target=parse_place(elsewhere)))

    with pytest.raises(WorkerPlaceError, match="a worker would copy from"):
        setting(Threads(1), change)
    assert not (setting.folder / "there").exists()


def test_a_folder_of_the_same_name_on_another_machine_is_refused(setting: Setting) -> None:
    class Elsewhere(Threads):
        def run(self, work: Work, ranges: Any, **options: Any) -> Iterator[Outcome]:
            return super().run(replace(work, data=replace(work.data, run="?")), ranges, **options)

    with pytest.raises(WorkerPlaceError, match="does not find at the target"):
        setting(Elsewhere(1))
    assert setting.written() == {}


def test_one_that_gives_up_says_why_and_begins_no_more(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (setting.folder / "src").rglob("*.txt"):
        os.utime(path)
    monkeypatch.setattr("ingenious_ops.migrate.stopping._IN_A_ROW", 2)

    def break_source(items: Sequence[object]) -> None:
        for path in (setting.folder / "src").rglob("*.txt"):
            path.unlink()

    with setting.opened() as (ends, job):
        report = run(
            ends,
            Options(setting.journal),
            spread=Spread(Threads(1), replace(job, workers=1), unheard),
            check=break_source,
        )
    assert report.given_up is not None
    assert report.counts[Status.FAILED] >= 2
    assert report.not_begun > 0
    assert setting.journals_left()  # until a run has come to its end
