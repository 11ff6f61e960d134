"""`migrate cutover`: only with a proof, and only to a storage that answers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.ops.cli.harness import Cli
from tests.ops.migrate.layout.conftest import write_tree
from tests.ops.migrate.layout.steps import APP, CUTOVER, FILE, ROLLBACK, TREE, in_use, migrate, raw


def test_there_and_back(both: Cli) -> None:
    write_tree(both)
    before = FILE.read_bytes()
    migrate(both, *TREE)
    done = both.data(*CUTOVER, "--yes")
    assert (done["changed"], done["verified"]) == (True, True)
    assert done["kept"] == "app-before-migration"
    [report] = done["reports"]
    assert json.loads(Path(report).read_text())["signed_by"] == "Ann"
    assert both.data("memory", "ls", *APP)["conversations"] != []
    after = FILE.read_bytes()
    assert both.data(*CUTOVER, "--yes")["changed"] is False
    assert FILE.read_bytes() == after
    old = both.data("config", "show", "--profile", "app-before-migration")["values"]
    assert {"key": "storage.base_path", "value": "old", "origin": old[1]["origin"]} in old

    done = both.data(*ROLLBACK, "--yes")
    assert (done["written"], done["unknown"]) == ([], None)
    assert FILE.read_bytes() == before
    assert both.data(*ROLLBACK, "--yes")["changed"] is False
    assert both.data(*CUTOVER, "--yes")["changed"] is True
    assert FILE.read_bytes() == after


def test_a_name_that_is_taken_gets_a_date(local: Cli) -> None:
    write_tree(local)
    FILE.write_text(f"{FILE.read_text()}  app-before-migration:\n    models: []\n")
    before = FILE.read_bytes()
    migrate(local, *TREE)
    kept = local.data(*CUTOVER, "--yes")["kept"]
    assert re.fullmatch(r"app-before-migration-\d{4}-\d\d-\d\d", kept)
    local(*ROLLBACK, "--yes")
    assert FILE.read_bytes() == before


def refused(cli: Cli, *args: str, code: int = 1) -> Any:
    before = FILE.read_bytes()
    error = cli.error(*CUTOVER, *args, "--yes", code=code)
    assert FILE.read_bytes() == before
    assert not list(Path(".ingenious").glob("cutover-*"))
    return error


def test_no_report(local: Cli) -> None:
    write_tree(local)
    local("migrate", "run", *TREE)
    error = refused(local)
    assert error["code"] == "not_verified"
    assert "migrate verify" in error["hint"]
    result = local(*CUTOVER, "--yes", "--unverified")
    assert "NOT VERIFIED" in result.stderr


def test_a_report_that_failed(local: Cli) -> None:
    write_tree(local)
    local("memory", "save", "_shared", "--profile", "cloud", stdin="1")
    local("migrate", "run", *TREE, code=4)
    local("migrate", "verify", *TREE, code=1)
    assert "did not pass" in refused(local)["message"]


def test_a_report_that_failed_about_what_is_in_use(local: Cli) -> None:
    in_use(local)
    local("memory", "save", "a", "--profile", "cloud", stdin="2")
    local("migrate", "run", *raw("data"), code=4)
    local("migrate", "verify", *raw("data"), code=1)
    assert "did not pass" in refused(local)["message"]


def test_a_container_that_stays_needs_no_report(local: Cli) -> None:
    in_use(local)
    text = FILE.read_text().replace("./new", "./old").rstrip()
    FILE.write_text(f"{text}\n      container_data: other-data\n")
    local("prompts", "create", "s", *APP)
    migrate(local, *raw("data"))
    assert len(local.data(*CUTOVER, "--yes")["reports"]) == 1
    assert local.data("prompts", "ls", "s", *APP)["set"] == "s"


def test_a_report_that_is_older_than_the_last_copy(local: Cli) -> None:
    write_tree(local)
    migrate(local, *TREE)
    local.write("app/.files/memory/late/context.md", "x")
    local("migrate", "run", *TREE)
    assert "is older than the last copy" in refused(local)["message"]
    local("migrate", "verify", *TREE)
    local(*CUTOVER, "--yes")


def test_a_report_about_something_else(local: Cli) -> None:
    in_use(local)
    write_tree(local, "files")
    elsewhere = ("--from", "./files", "--to", "app:data", "--layout", "ingenious")
    migrate(local, *elsewhere)
    assert "no verification report from local:" in refused(local)["message"]
    # The memories of the application are not those of the tree.
    tree = ("--from", "./files", "--to", "cloud:data", "--layout", "ingenious")
    migrate(local, *tree)
    message = refused(local)["message"]
    assert "no verification report from local:" in message
    assert "work/old/ingenious-data" in message
    assert f"is from {Path('files').resolve()}" in message


def test_each_container_in_use_needs_its_own(local: Cli) -> None:
    in_use(local)
    local("prompts", "create", "s", *APP)
    migrate(local, *raw("data"))
    assert "ingenious-revisions" in refused(local)["message"]
    migrate(local, *raw("revisions"))
    assert len(local.data(*CUTOVER, "--yes")["reports"]) == 2


def test_a_report_that_somebody_changed(local: Cli) -> None:
    write_tree(local)
    local("migrate", "run", *TREE)
    local.write("app/.files/memory/more/context.md", "x")
    local("migrate", "verify", *TREE, "--report", "r.json", code=1)
    text = Path("r.json").read_text()
    Path("r.json").write_text(text.replace('"passed": false', '"passed": true'))
    assert "was changed" in refused(local, "--report", "r.json")["message"]
    assert refused(local, "--report", "nothing.json", code=3)["code"] == "not_found"
    local.write("other.json", {})
    assert refused(local, "--report", "other.json")["code"] == "unsupported_format"


def test_what_cannot_be_meant(local: Cli) -> None:
    assert (
        "names the new one"
        in local.error("migrate", "cutover", *APP, "--to", "app", code=2)["message"]
    )
    assert local.error("migrate", "cutover", "--to", "cloud", code=2)["code"] == "usage"
    assert local.error("migrate", "rollback", code=2)["code"] == "usage"
    error = local.error("migrate", "cutover", *APP, "--to", "clud", code=3)
    assert (error["message"], error["hint"]) == (
        "there is no profile 'clud' in profiles.yml",
        "It has app, cloud.",
    )
    assert local.error(*ROLLBACK, code=3)["message"] == "the profile 'app' was not cut over"
    assert "nobody is there to ask" in local.error(*CUTOVER, "--unverified", code=2)["message"]
    FILE.unlink()
    assert local.error(*CUTOVER, code=1)["code"] == "invalid_configuration"


def test_the_new_storage_has_to_answer(local: Cli) -> None:
    text = FILE.read_text().rstrip()
    FILE.write_text(f"{text}\n      auto_create_containers: false\n")
    error = refused(local, "--unverified", code=3)
    assert error["code"] == "container_not_found"


def test_a_variable_that_makes_both_the_same(local: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGENIOUS_STORAGE__BASE_PATH", "same")
    error = refused(local)
    assert "lead to the same storage" in error["message"]
    assert "config show --explain" in error["hint"]
