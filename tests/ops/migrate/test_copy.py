"""One object at a time: what is written, what is left alone, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingenious_ops.migrate.ends.base import Source, Target
from ingenious_ops.migrate.ends.folder import FolderEnd
from ingenious_ops.migrate.ends.hashing import SMALL
from tests.ops.migrate.harness import (
    Migration,
    contents,
    counts,
    data_of,
    memory_storage,
    sha256,
    write_tree,
)
from tests.ops.migrate.setting import SIZES, Setting


@pytest.mark.parametrize("size", SIZES)
def test_a_new_object_is_one_write_and_no_question(setting: Setting, size: str) -> None:
    data = bytes(SIZES[size])
    setting.write(data)
    report = setting.run()
    assert counts(report) == {"copied": 1}
    assert report.bytes == len(data)
    assert setting.stored() == data
    kind = "put" if size == "small" else "upload"
    assert dict(setting.counting.operations) == {
        "container_exists": 1,
        "ensure_container": 1,
        kind: 1,
        "get": 1,
    }  # the get is the test's own
    (line,) = setting.run.lines()
    assert (line["key"], line["size"], line["sha256"]) == ("k", len(data), sha256(data))


@pytest.mark.parametrize("size", SIZES)
def test_what_is_done_is_not_read_again(setting: Setting, size: str) -> None:
    setting.write(bytes(SIZES[size]))
    setting.run()
    setting.counting.reset()
    assert counts(setting.run()) == {"unchanged": 1}
    assert set(setting.counting.operations) == {"container_exists", "list", "ensure_container"}


@pytest.mark.parametrize("size", SIZES)
def test_a_lost_journal_costs_reads_and_no_writes(setting: Setting, size: str) -> None:
    setting.write(bytes(SIZES[size]))
    setting.run()
    setting.run.journal.unlink()
    setting.counting.reset()
    assert counts(setting.run()) == {"equal": 1}
    assert not setting.requests("put")
    assert not setting.requests("upload")
    assert counts(setting.run()) == {"unchanged": 1}


@pytest.mark.parametrize("size", SIZES)
def test_a_changed_source_is_copied_over_our_own_copy(setting: Setting, size: str) -> None:
    setting.write(bytes(SIZES[size]))
    setting.run()
    setting.write(b"changed" * SIZES[size])
    setting.counting.reset()
    assert counts(setting.run()) == {"updated": 1}
    assert not setting.requests("get")  # the journal knows what we wrote
    assert setting.stored() == b"changed" * SIZES[size]
    assert counts(setting.run()) == {"unchanged": 1}


def test_a_source_that_was_touched_only_is_equal(setting: Setting) -> None:
    setting.write(b"same")
    setting.run()
    (setting.root / "k").touch()
    assert counts(setting.run()) == {"equal": 1}
    assert counts(setting.run()) == {"unchanged": 1}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theirs", [b"theirs", b"x" * 30, b"x" * (SMALL + 7)])
def test_what_somebody_else_wrote_is_never_overwritten(
    setting: Setting, size: str, theirs: bytes
) -> None:
    setting.write(bytes(SIZES[size]))
    setting.storage.data.save_bytes("k", theirs)
    report = setting.run()
    assert counts(report) == {"conflict": 1}
    assert [outcome.item.key for outcome in report.conflicts] == ["k"]
    assert setting.stored() == theirs
    assert not setting.run.lines()
    assert counts(setting.run(overwrite=True)) == {"overwritten": 1}
    assert setting.stored() == bytes(SIZES[size])


def test_a_target_that_changed_since_it_was_copied_is_a_conflict(setting: Setting) -> None:
    setting.write(b"first")
    setting.run()
    setting.storage.data.save_bytes("k", b"newer")
    assert counts(setting.run()) == {"conflict": 1}  # the source is as it was
    setting.write(b"second")
    assert counts(setting.run()) == {"conflict": 1}
    assert setting.stored() == b"newer"


def test_a_copy_of_ours_that_was_written_again_unchanged_is_still_ours(setting: Setting) -> None:
    setting.write(b"first")
    setting.run()
    setting.storage.data.save_bytes("k", b"first")  # as a restore of a backup would
    assert counts(setting.run()) == {"equal": 1}
    setting.storage.data.save_bytes("k", b"first")
    setting.write(b"second!")
    assert counts(setting.run()) == {"updated": 1}
    assert setting.stored() == b"second!"


def test_what_was_deleted_at_the_target_is_copied_again(setting: Setting) -> None:
    setting.write(b"data")
    setting.run()
    setting.storage.data.delete("k")
    assert counts(setting.run()) == {"copied": 1}
    assert setting.stored() == b"data"


def test_nothing_is_deleted_at_the_target(setting: Setting) -> None:
    setting.write(b"data")
    setting.run()
    (setting.root / "k").unlink()
    assert counts(setting.run()) == {}
    assert setting.stored() == b"data"


def test_a_dry_run_says_what_a_run_then_does_and_writes_nothing(setting: Setting) -> None:
    for key in ("new", "equal", "ours", "theirs"):
        setting.write(key.encode(), key)
    setting.storage.data.save_bytes("equal", b"equal")
    (setting.root / "new").rename(setting.root.parent / "aside")
    (setting.root / "theirs").rename(setting.root.parent / "theirs")
    setting.run()
    (setting.root.parent / "aside").rename(setting.root / "new")
    (setting.root.parent / "theirs").rename(setting.root / "theirs")
    setting.storage.data.save_bytes("theirs", b"others")
    setting.write(b"changed", "ours")
    before_it = setting.run.journal.read_bytes()
    stored = contents(setting.target)
    expected = {"copied": 1, "updated": 1, "conflict": 1, "unchanged": 1}
    assert counts(setting.run(dry_run=True)) == expected
    assert contents(setting.target) == stored
    assert setting.run.journal.read_bytes() == before_it
    assert counts(setting.run()) == expected


def test_a_dry_run_makes_no_container_and_no_journal(setting: Setting) -> None:
    setting.write(b"1")
    assert counts(setting.run(dry_run=True)) == {"copied": 1}
    assert not setting.storage.data.container_exists()
    assert not setting.run.journal.exists()


def test_content_types_go_along(tmp_path: Path) -> None:
    names = {"a.json": "application/json", "b.md": "text/plain; charset=utf-8"}
    names |= {"c.png": "image/png", "d.tar.gz": "application/octet-stream", "e": "x/y"}
    with memory_storage() as one, memory_storage() as two:
        tree = write_tree(tmp_path / "tree", dict.fromkeys(set(names) - {"e"}, b"1"))
        one.data.save_bytes("e", b"1", content_type="x/y")
        Migration(FolderEnd(tree), data_of(one), tmp_path / "1")()
        Migration(data_of(one), data_of(two), tmp_path / "2")()
        found = {info.key: info.content_type for info in two.data.list_blobs()}
    assert found == {**names}


def test_the_end_of_documents_may_keep_the_default_stream(tmp_path: Path) -> None:
    """`Source.open` and `Target.upload` work for an end that only reads and puts."""

    class Plain(FolderEnd):
        open = Source.open
        upload = Target.upload

    tree = write_tree(tmp_path / "tree", {"k": bytes(SMALL + 1)})
    source, target = Plain(tree), Plain(tmp_path / "out")
    assert counts(Migration(source, target, tmp_path / "j")()) == {"copied": 1}
    assert contents(target) == {"k": bytes(SMALL + 1)}
