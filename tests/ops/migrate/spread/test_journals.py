"""Journals of ranges: what a worker has done is found by the next, whoever else wrote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingenious_ops.migrate.ends.base import Shelf
from ingenious_ops.migrate.ends.folder import FolderEnd
from ingenious_ops.migrate.errors import JournalError
from ingenious_ops.migrate.journal import Entry, Identity, Journal
from ingenious_ops.migrate.spread.journals import MARK, RUN, RangeJournal, entries_in
from ingenious_storage.errors import NotFoundError
from tests.ops.migrate.harness import data_of, memory_storage


@pytest.fixture(params=["container", "folder"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shelf]:
    if request.param == "folder":
        yield FolderEnd(tmp_path).shelf("m")
        return
    with memory_storage() as storage:
        yield data_of(storage).shelf("m")


def entry(key: str, at: str = "2026-01-01") -> Entry:
    return Entry(key, 1, "0" * 64, "s", "t", at)


def test_it_is_written_now_and_then_and_at_the_end(shelf: Shelf) -> None:
    now = [0.0]
    journal = RangeJournal(shelf, "r", clock=lambda: now[0])
    journal.add(entry("a"))
    with pytest.raises(NotFoundError):
        shelf.read("r")
    now[0] = 2.5
    journal.add(entry("b"))
    journal.add(entry("c"))
    assert {*RangeJournal(shelf, "r").entries} == {"a", "b"}
    journal.flush()
    assert RangeJournal(shelf, "r").entries == {key: entry(key) for key in "abc"}
    assert list(entries_in(shelf)) == [entry(key) for key in "abc"]


def test_two_workers_of_one_range_lose_nothing_of_each_other() -> None:
    with memory_storage() as storage:
        shelf = data_of(storage).shelf("m")
        one, two = RangeJournal(shelf, "r"), RangeJournal(shelf, "r")
        one.add(entry("a"))
        one.flush()
        two.add(entry("b"))
        two.flush()
        one.add(entry("c"))
        one.flush()
        assert {each.key for each in entries_in(shelf)} == {"a", "b", "c"}


def test_what_is_newer_than_the_journal_of_the_command_is_folded_in(
    shelf: Shelf, tmp_path: Path
) -> None:
    for name, at in (("r1", "2026-01-03"), ("r2", "2026-01-01")):
        journal = RangeJournal(shelf, name)
        journal.add(entry("a", at))
        journal.add(entry(name))
        journal.flush()
    shelf.write(f"{RUN}x", MARK, replace=None)
    with Journal(tmp_path / "journal.jsonl", Identity("s", "t", "raw")) as held:
        held.add(entry("a", "2026-01-02"))
        held.fold([])
        held.fold(entries_in(shelf))
        assert {key: each.at for key, each in held.entries.items()} == {
            "a": "2026-01-03",
            "r1": "2026-01-01",
            "r2": "2026-01-01",
        }
    shelf.delete(shelf.names())
    assert shelf.names() == []
    assert list(entries_in(shelf)) == []


@pytest.mark.parametrize(
    "data", [b"", b'{"format":"ingenious.range-journal/2"}\n', b"x\n", None], ids=str
)
def test_a_damaged_one_is_loud(shelf: Shelf, data: bytes | None) -> None:
    if data is None:
        data = b'{"format":"ingenious.range-journal/1"}\n{"key": "a"}\n'
    shelf.write("r", data, replace=None)
    with pytest.raises(JournalError):
        list(entries_in(shelf))
    with pytest.raises(JournalError):
        RangeJournal(shelf, "r")
