"""Any sequence of writes on both sides and of runs, against a model that is a few lines."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.ops.migrate.harness import Migration, contents, counts, data_of, memory_storage

KEYS = st.sampled_from(["k", "folder/k", "é"])
DATA = st.sampled_from([b"", b"a", b"b", b"cc"])


class Runs(RuleBasedStateMachine):
    """Somebody writes to both ends; what is theirs at the target must outlive every run."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = ExitStack()
        self.folder = Path(tempfile.mkdtemp())
        self.one, self.two = (self.opened.enter_context(memory_storage()) for _ in range(2))
        self.one.data.ensure_container()
        self.journal = self.folder / "j"
        self.run_it = Migration(data_of(self.one), data_of(self.two), self.journal, workers=2)
        self.source: dict[str, bytes] = {}
        self.target: dict[str, bytes] = {}
        self.noted: dict[str, bytes] = {}
        """What the journal says that both had."""

    def teardown(self) -> None:
        self.opened.close()
        shutil.rmtree(self.folder)

    @rule(key=KEYS, data=DATA)
    def write_source(self, key: str, data: bytes) -> None:
        self.one.data.save_bytes(key, data)
        self.source[key] = data

    @rule(key=KEYS, data=DATA)
    def write_target(self, key: str, data: bytes) -> None:
        self.two.data.save_bytes(key, data)
        self.target[key] = data

    @precondition(lambda self: self.source)
    @rule(data=st.data())
    def delete_source(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.source)))
        self.one.data.delete(key)
        del self.source[key]

    @precondition(lambda self: self.target)
    @rule(data=st.data())
    def delete_target(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.target)))
        self.two.data.delete(key)
        del self.target[key]

    @precondition(lambda self: self.journal.exists())
    @rule()
    def lose_the_journal(self) -> None:
        self.journal.unlink()
        self.noted.clear()

    @rule(overwrite=st.booleans(), dry_run=st.booleans())
    def run(self, overwrite: bool, dry_run: bool) -> None:
        report = self.run_it(overwrite=overwrite, dry_run=dry_run)
        conflicts = set()
        written = 0
        for key, data in self.source.items():
            there = self.target.get(key)
            is_theirs = there not in {None, data, self.noted.get(key)}
            if is_theirs and not overwrite:
                conflicts.add(key)
                continue
            written += there != data
            if not dry_run:
                self.target[key] = self.noted[key] = data
        assert {outcome.item.key for outcome in report.conflicts} == conflicts
        found = counts(report)
        assert sum(found.get(name, 0) for name in ("copied", "updated", "overwritten")) == written
        assert not report.failures

    @invariant()
    def both_ends_are_what_the_model_says(self) -> None:
        assert contents(data_of(self.one)) == self.source
        assert contents(data_of(self.two)) == self.target


Runs.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestRuns = Runs.TestCase
