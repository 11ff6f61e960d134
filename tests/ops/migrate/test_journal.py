"""The journal: what it keeps, what it survives, and what it refuses."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from ingenious_ops.migrate.errors import (
    DiskFullError,
    JournalBusyError,
    JournalError,
    JournalMismatchError,
)
from ingenious_ops.migrate.journal import Entry, Identity, Journal, load
from ingenious_storage.errors import UnsupportedFormatError

IDENTITY = Identity("/here", "https://there/c", "raw")


def filled(path: Path, count: int = 3) -> Path:
    with Journal(path, IDENTITY) as journal:
        for number in range(count):
            key, target = f"k{number}", f"t{number}"
            journal.add(Entry.now(key, number, f"{number:064x}", source="s", target=target))
    return path


def keys(path: Path) -> list[str]:
    record = load(path)
    assert record is not None
    return list(record.entries)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = filled(tmp_path / "deep" / "j.jsonl")
    record = load(path)
    assert record is not None
    assert record.identity == IDENTITY
    entry = record.entries["k1"]
    assert (entry.size, entry.sha256, entry.source, entry.target) == (1, f"{1:064x}", "s", "t1")
    assert record.created_at <= entry.at <= record.last_at
    header, *lines = map(json.loads, path.read_text().splitlines())
    assert header["format"] == "ingenious.journal/1"
    assert header["id"] == IDENTITY.id
    assert [set(line) for line in lines] == [
        {"key", "size", "sha256", "source", "target", "at"} for _ in range(3)
    ]


def test_the_newest_line_of_a_key_counts(tmp_path: Path) -> None:
    path = filled(tmp_path / "j")
    with Journal(path, IDENTITY) as journal:
        assert set(journal.entries) == {"k0", "k1", "k2"}
        journal.add(Entry.now("k1", 9, "f" * 64, source="new", target="new"))
    record = load(path)
    assert record is not None
    assert record.entries["k1"].source == "new"


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_torn_last_line_is_dropped_and_written_over(tmp_path: Path, cut: int) -> None:
    path = filled(tmp_path / "j")
    path.write_bytes(path.read_bytes()[:-cut])
    assert keys(path) == ["k0", "k1"]
    with Journal(path, IDENTITY) as journal:
        journal.add(Entry.now("k3", 3, "3" * 64, source="s", target="t"))
    assert keys(path) == ["k0", "k1", "k3"]


def test_every_other_damage_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    path = filled(tmp_path / "j")
    lines = path.read_bytes().splitlines(keepends=True)
    damages = {
        "header": [lines[0][:20]],
        "no header": lines[1:],
        "line 3": [lines[0], lines[1], lines[2][:30] + b"\n", lines[3]],
        "line 2": [lines[0], b'{"key":"k0"}\n', *lines[2:]],
        "line 4": [*lines[:3], b"[1]\n"],
    }
    for what, parts in damages.items():
        path.write_bytes(b"".join(parts))
        with pytest.raises((JournalError, UnsupportedFormatError)) as caught:
            Journal(path, IDENTITY)
        if what.startswith(("header", "line")):
            assert what in caught.value.message
        assert path.read_bytes() == b"".join(parts)


def test_a_journal_of_another_migration_is_refused(tmp_path: Path) -> None:
    path = filled(tmp_path / "j")
    for other in (
        Identity("/elsewhere", IDENTITY.target, "raw"),
        Identity(IDENTITY.source, "https://there/d", "raw"),
        Identity(IDENTITY.source, IDENTITY.target, "ingenious"),
    ):
        assert other.id != IDENTITY.id
        with pytest.raises(JournalMismatchError, match="/here"):
            Journal(path, other)
    assert keys(path) == ["k0", "k1", "k2"]


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    path = filled(tmp_path / "j")
    path.write_text(path.read_text().replace("ingenious.journal/1", "ingenious.journal/2"))
    with pytest.raises(UnsupportedFormatError):
        Journal(path, IDENTITY)


def test_an_empty_file_is_a_new_journal(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.touch()
    assert load(path) is None
    assert keys(filled(path)) == ["k0", "k1", "k2"]


def test_one_run_holds_it_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with Journal(path, IDENTITY), pytest.raises(JournalBusyError):
        Journal(path, IDENTITY)
    assert keys(filled(path)) == ["k0", "k1", "k2"]


def test_a_refused_journal_is_not_held(tmp_path: Path) -> None:
    path = filled(tmp_path / "j")
    with pytest.raises(JournalMismatchError):
        Journal(path, Identity("", "", ""))
    filled(path)


def test_a_late_writer_writes_nowhere(tmp_path: Path) -> None:
    with Journal(tmp_path / "j", IDENTITY) as journal:
        pass
    with pytest.raises(Exception, match="Bad file descriptor"):
        journal.add(Entry.now("k", 1, "1" * 64, source="s", target="t"))


def fill(journal: Journal) -> int:
    """Lines until the disk is full."""
    for number in range(1000):
        try:
            journal.add(Entry.now(f"k{number}", 1, "1" * 64, source="s" * 50, target="t"))
        except DiskFullError:
            return number
    return 1000


def test_on_a_full_disk_it_stays_whole(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this user may not mount a file system")
    try:
        path = disk / "j"
        with Journal(path, IDENTITY) as journal:
            written = fill(journal)
        assert 10 < written < 1000
        assert path.read_bytes().endswith(b"\n")
        assert keys(path) == sorted(f"k{number}" for number in range(written))
    finally:
        subprocess.run(["umount", str(disk)], check=True)
