"""The rules: each finds its bad examples and no good one, and says what is true of this library."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

import ingenious_storage
from ingenious_ops.audit.findings import SEVERITIES, Rule
from ingenious_ops.audit.rules import files, load
from ingenious_ops.audit.semgrep import RULES, environment, find_semgrep
from ingenious_ops.audit.steps import DATA, STEPS
from tests.support.semgrep import needs_semgrep, with_semgrep

ROOT = Path(__file__).parents[3]
EXAMPLES = Path(__file__).with_name("rules")
ALL = load()

# What the issue of this command names, and the rules that stand for it.
ASKED_FOR = {
    "open for writing": {"open-for-writing"},
    "json.dump": {"dump-to-file"},
    "Path.write_*": {"path-write"},
    "os.path.join used for storage keys": {"path-as-key"},
    "shutil": {"file-operations"},
    "pickle": {"pickle"},
    "hard-coded container names": {"hard-coded-container"},
    "connection strings": {"connection-string", "connection-string-in-config"},
    "BlobServiceClient made per call": {"client-per-call", "credential-per-call"},
    "synchronous SDK calls inside async def": {"sync-sdk-in-async"},
    "read-modify-write without ETag": {"read-modify-write", "blob-overwrite"},
    "sqlite3, diskcache, dbm, TinyDB": {"embedded-database"},
    "shelve": {"pickle"},
    "open with a variable mode": {"open-with-any-mode"},
    "to_csv, to_parquet": {"table-to-file"},
    "np.save, torch.save, faiss.write_index": {"array-to-file"},
    "log file handlers": {"log-file"},
    "a write that failed, told as a text": {"write-failure-as-text"},
}


@pytest.mark.slow
@needs_semgrep
def test_the_examples_of_every_rule(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", with_semgrep(os.environ["PATH"]))
    done = subprocess.run(
        [
            find_semgrep(),
            "scan",
            "--test",
            "--json",
            "--metrics=off",
            f"--config={RULES}",
            EXAMPLES,
        ],
        env=environment(os.environ, tmp_path),
        capture_output=True,
        timeout=100,
        check=False,
    )
    found = json.loads(done.stdout)
    assert not found["config_with_errors"]
    assert not found["config_missing_tests"]
    checks = {
        name: (check["passed"], check["matches"])
        for result in found["results"].values()
        for name, check in result["checks"].items()
    }
    assert set(checks) == {rule.id for rule in ALL}
    assert [matches for passed, matches in checks.values() if not passed] == []


def test_every_rule_has_three_good_and_three_bad_examples() -> None:
    for rule in ALL:
        [example] = EXAMPLES.rglob(f"{rule.name}.*")
        text = example.read_text(encoding="utf-8")
        for kind in ("ruleid", "ok"):
            assert len(re.findall(rf"# {kind}: {rule.id}$", text, re.MULTILINE)) >= 3, rule.id


def test_what_was_asked_for_is_there() -> None:
    assert {rule.name for rule in ALL} >= set().union(*ASKED_FOR.values())


def test_a_file_is_a_rule() -> None:
    assert [rule.name for rule in ALL] == [path.stem for path in files(RULES)]
    assert all(rule.id == f"ingenious-storage.{rule.name}" for rule in ALL)


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.name)
def test_a_rule_says_everything(rule: Rule) -> None:
    assert rule.severity in SEVERITIES
    assert rule.step in {*STEPS, DATA}
    assert len(rule.why) > 60
    assert rule.instead
    page, _, anchor = rule.docs.partition("#")
    text = (ROOT / page).read_text(encoding="utf-8")
    headings = [
        re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    ]
    assert not anchor or anchor in headings


CALL = re.compile(r"\b(?:(\w+)(?:\([^)]*\))?)\.([a-z]\w+)\(")
HOMES = {
    "MemoryManager": ingenious_storage.MemoryManager,
    "PromptLibrary": ingenious_storage.PromptLibrary,
    "AsyncMemoryManager": ingenious_storage.AsyncMemoryManager,
    "Storage": ingenious_storage.Storage,
    "get_file_storage": ingenious_storage.FileStorage,
}


def test_what_to_call_instead_exists() -> None:
    called = {
        (name, method)
        for text in [*(rule.instead for rule in ALL), *STEPS.values()]
        for name, method in CALL.findall(text)
        if name in HOMES
    }
    assert len(called) >= 10
    for name, method in called:
        assert callable(getattr(HOMES[name], method)), f"{name}.{method}"


def test_the_documentation_has_every_rule() -> None:
    text = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \| (\w+) \| (\w+) \|", text, re.MULTILINE)
    assert sorted(rows) == sorted((rule.name, rule.severity, rule.step) for rule in ALL)
