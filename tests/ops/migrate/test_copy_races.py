"""Races while an object is copied: other writers, lost answers, changes, outages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ingenious_ops.migrate.ends.base import Item
from ingenious_ops.migrate.ends.folder import FolderEnd
from ingenious_storage.errors import AuthenticationError, StorageError, UnavailableError
from tests.ops.migrate.harness import (
    Migration,
    contents,
    counts,
    sha256,
)
from tests.ops.migrate.setting import SIZES, Setting
from tests.support.faults import Request, before, lost, refused


def only(key: str, operation: str, *, fault: Any, times: int = 1) -> Any:
    """`fault` for the first requests of one kind to one key."""
    left = [fault] * times

    def rule(request: Request) -> Any:
        return left.pop() if left and (request.key, request.operation) == (key, operation) else None

    return rule


@pytest.mark.parametrize("size", SIZES)
def test_a_writer_who_comes_first_wins(setting: Setting, size: str) -> None:
    setting.write(bytes(SIZES[size]))
    kind = "put" if size == "small" else "upload"
    hook = before(lambda: setting.counting.inner.put("k", b"theirs"))
    setting.faults.rule = only("k", kind, fault=hook)
    assert counts(setting.run()) == {"conflict": 1}
    assert setting.stored() == b"theirs"


@pytest.mark.parametrize("size", SIZES)
def test_a_writer_between_our_look_and_our_update_wins(setting: Setting, size: str) -> None:
    setting.write(b"first")
    setting.run()
    setting.write(bytes(SIZES[size]))
    kind = "put" if size == "small" else "upload"
    hook = before(lambda: setting.counting.inner.put("k", b"theirs"))
    setting.faults.rule = only("k", kind, fault=hook)
    assert counts(setting.run(overwrite=True)) == {"conflict": 1}
    assert setting.stored() == b"theirs"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("first", [True, False])
def test_a_lost_answer_is_no_conflict(setting: Setting, size: str, first: bool) -> None:
    if not first:
        setting.write(b"older")
        setting.run()
    data = b"d" * SIZES[size]
    setting.write(data)
    kind = "put" if size == "small" else "upload"
    setting.faults.rule = only("k", kind, fault=lost)
    assert counts(setting.run()) == {"copied" if first else "updated": 1}
    assert setting.stored() == data
    assert setting.run.lines()[-1]["sha256"] == sha256(data)
    assert counts(setting.run()) == {"unchanged": 1}


def test_a_write_that_never_arrived_is_sent_again(setting: Setting) -> None:
    setting.write(bytes(SIZES["large"]))
    setting.faults.rule = only("k", "upload", fault=refused, times=2)
    assert counts(setting.run()) == {"copied": 1}
    assert setting.stored() == bytes(SIZES["large"])
    assert setting.run.lines()[0]["sha256"] == sha256(bytes(SIZES["large"]))


def test_an_outage_is_a_failure_and_the_next_run_goes_on(setting: Setting) -> None:
    setting.write(b"1", "a")
    setting.write(b"2", "b")
    setting.faults.rule = only("a", "put", fault=refused, times=99)
    report = setting.run()
    assert counts(report) == {"failed": 1, "copied": 1}
    assert isinstance(report.failures[0].error, UnavailableError)
    setting.faults.rule = None
    assert counts(setting.run()) == {"copied": 1, "unchanged": 1}


def test_what_every_object_would_meet_stops_the_run(setting: Setting) -> None:
    def deny(request: Request, call: Any) -> Any:
        raise AuthenticationError("no")

    for number in range(500):
        setting.write(b"1", f"k{number}")
    setting.faults.rule = lambda request: deny if request.operation == "put" else None
    report = setting.run()
    assert report.given_up is not None
    assert report.given_up.code == "authentication_failed"
    assert report.not_begun > 0
    assert not setting.run.lines()


def test_many_failures_in_a_row_stop_the_run(setting: Setting) -> None:
    def broken(request: Request, call: Any) -> Any:
        raise StorageError("leased")

    for number in range(400):
        setting.write(b"1", f"k{number:03d}")
    setting.faults.rule = lambda request: broken if request.operation == "put" else None
    report = setting.run()
    assert report.given_up is not None
    assert len(report.failures) >= 50


class Changing(FolderEnd):
    """A file that somebody writes to whenever it has been read."""

    def __init__(self, root: Path, times: int) -> None:
        super().__init__(root)
        self.root, self.times = root, times

    def _change(self, item: Item) -> None:
        if self.times:
            self.times -= 1
            (self.root / item.key).write_bytes(b"%d" % self.times * item.size)

    def read(self, item: Item) -> bytes:
        self._change(item)
        return super().read(item)

    def open(self, item: Item) -> Any:
        stream = super().open(item)
        self._change(item)
        return stream


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("times", [1, 2, 3])
def test_what_changes_while_it_is_copied_is_copied_again(
    setting: Setting, size: str, times: int
) -> None:
    setting.write(b"9" * SIZES[size])
    setting.run.source = Changing(setting.root, times)
    report = setting.run()
    if times < 3:
        assert counts(report) == {"copied": 1}
        assert setting.stored() == (setting.root / "k").read_bytes()
    else:
        assert counts(report) == {"failed": 1}
        assert report.failures[0].error is not None
        assert report.failures[0].error.code == "changed_while_copied"
        assert not setting.storage.data.exists("k")


def test_what_vanishes_while_it_is_copied_is_reported(setting: Setting) -> None:
    class Vanishing(FolderEnd):
        def read(self, item: Item) -> bytes:
            (setting.root / item.key).unlink()
            return super().read(item)

    setting.write(b"1")
    setting.run.source = Vanishing(setting.root)
    report = setting.run()
    assert counts(report) == {"failed": 1}
    assert "deleted at the source" in str(report.failures[0].error)


@pytest.mark.parametrize("size", SIZES)
def test_a_blob_that_changes_while_it_is_copied_is_copied_again(
    setting: Setting, size: str, tmp_path: Path
) -> None:
    number = SIZES[size]
    setting.storage.data.save_bytes("k", b"1" * number)
    hook = before(lambda: setting.counting.inner.put("k", b"2" * number))
    setting.faults.rule = only("k", "get", fault=hook)
    target = FolderEnd(tmp_path / "out")
    assert counts(Migration(setting.target, target, tmp_path / "j")()) == {"copied": 1}
    assert contents(target) == {"k": b"2" * number}
