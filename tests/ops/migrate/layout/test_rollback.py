"""`migrate rollback`: back to the very same bytes, and nothing left behind in silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ingenious_ops.cli import root
from ingenious_ops.migrate.cutover.record import Watermark
from ingenious_storage import Storage
from tests.ops.cli.harness import Cli
from tests.ops.migrate.layout.conftest import write_tree
from tests.ops.migrate.layout.steps import APP, CUTOVER, FILE, ROLLBACK, TREE, in_use, migrate, raw


def test_what_was_written_since_is_told(both: Cli) -> None:
    in_use(both)
    migrate(both, *raw("data"))
    both(*CUTOVER, "--yes")
    assert both.data("memory", "ls", *APP)["conversations"] == ["a", "b"]
    both("memory", "save", "b", *APP, stdin="2")
    both("memory", "save", "new", *APP, stdin="3")
    for number in range(40):  # far enough for a segment of history, which is no news by itself
        both("memory", "save", "new", *APP, stdin=str(number))
    both("prompts", "create", "s", *APP)
    done = both.data(*ROLLBACK, "--yes")
    assert [(each["container"], each["key"], each["old"]) for each in done["written"]] == [
        ("data", "conversations/b/memory.json", "different"),
        ("data", "conversations/new/memory.json", "missing"),
        ("revisions", "prompts/s.json", "missing"),
    ]
    assert both.data("memory", "ls", *APP)["conversations"] == ["a", "b"]
    with Storage.from_config("cloud") as storage:
        assert storage.memory.load_memory("b") == 2


def test_a_rollback_needs_no_answer_of_the_new_storage(local: Cli) -> None:
    in_use(local)
    before = FILE.read_bytes()
    migrate(local, *raw("data"))
    local(*CUTOVER, "--yes")
    Path("new").rename("gone")
    result = local(*ROLLBACK, "--yes")
    assert "what was written since the cutover is not known" in result.stderr
    assert FILE.read_bytes() == before


def test_edits_since_the_cutover_stay(local: Cli) -> None:
    write_tree(local)
    migrate(local, *TREE)
    local(*CUTOVER, "--yes")
    FILE.write_text(f"{FILE.read_text()}  mine:\n    storage:\n      type: inmemory\n")
    local(*ROLLBACK, "--yes")
    text = FILE.read_text()
    assert "mine:" in text
    assert "app-before-migration" not in text
    assert "base_path: ./old" in text


def test_without_the_record_it_goes_by_the_profile_that_was_kept(local: Cli) -> None:
    write_tree(local)
    before = FILE.read_bytes()
    migrate(local, *TREE)
    local(*CUTOVER, "--yes")
    for path in Path(".ingenious").glob("cutover-*"):
        path.unlink()
    assert "the record of the cutover is gone" in local.data(*ROLLBACK, "--yes")["unknown"]
    assert FILE.read_bytes() == before
    assert local.error(*ROLLBACK, "--yes", code=3)["code"] == "not_found"


def test_the_bytes_come_back_where_lines_could_not(local: Cli) -> None:
    text = FILE.read_text().replace("      base_path: ./old", "  # odd\n      base_path: ./old   ")
    FILE.write_text(text)
    local(*CUTOVER, "--yes", "--unverified")
    local(*ROLLBACK, "--yes")
    assert FILE.read_text() == text


def test_the_record(local: Cli) -> None:
    FILE.chmod(0o600)
    local(*CUTOVER, "--yes", "--unverified")
    backup = Path(".ingenious/cutover-app.profiles.yml")
    assert backup.stat().st_mode & 0o777 == 0o600
    assert FILE.stat().st_mode & 0o777 == 0o600
    record = Path(".ingenious/cutover-app.json")
    content = json.loads(record.read_text())
    assert content["format"] == "ingenious.cutover/1"
    record.write_text(json.dumps({**content, "format": "ingenious.cutover/9"}))
    assert local.error(*ROLLBACK, code=1)["code"] == "unsupported_format"
    record.write_text(json.dumps({"format": content["format"]}))
    assert local.error(*ROLLBACK, code=1)["code"] == "cutover_record_damaged"
    record.write_text("{")
    assert local.error(*ROLLBACK, code=1)["code"] == "cutover_record_damaged"


def test_a_kept_profile_that_is_gone(local: Cli) -> None:
    local(*CUTOVER, "--yes", "--unverified")
    text = FILE.read_text()
    FILE.write_text(text[: text.index("  # The storage of")])
    error = local.error(*ROLLBACK, code=1)
    assert error["code"] == "profile_refused"
    assert "cutover-app.profiles.yml is the file as it was" in error["message"]


def test_a_crash_between_the_record_and_the_file(
    local: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = FILE.read_bytes()
    replace = Path.replace

    def fail(self: Path, target: Path) -> Path:
        if target.name == "profiles.yml":
            raise OSError(28, "No space left on device")
        return replace(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", fail)
        done = CliRunner().invoke(root, [*CUTOVER, "--yes", "--unverified"])
        assert done.exit_code == 1
        assert "disk_full" in done.output
    assert FILE.read_bytes() == before
    assert local.data(*ROLLBACK, "--yes")["changed"] is False
    local(*CUTOVER, "--yes", "--unverified")
    local(*ROLLBACK, "--yes")
    assert FILE.read_bytes() == before


def test_the_watermark_is_the_newest_of_the_store(local: Cli) -> None:
    with Storage.from_config("cloud") as storage:
        assert Watermark.of(storage.data) == Watermark()
        storage.data.save_text("a", "1")
        mark = Watermark.of(storage.data)
        assert mark.at is not None
        [info] = storage.data.list_blobs()
        assert not mark.is_newer(info)
        storage.data.save_text("a", "2")
        [info] = storage.data.list_blobs()
        assert mark.is_newer(info)  # within the same second as well
