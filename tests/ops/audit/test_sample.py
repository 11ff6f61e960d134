"""The audit of an application with the pains of the Ingenious framework's users."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ingenious_ops.audit.rules import load
from tests.ops.audit.conftest import SAMPLE, Report
from tests.ops.cli.harness import Cli
from tests.ops.cli.test_json_contract import INFRA
from tests.support.semgrep import needs_semgrep

pytestmark = [needs_semgrep, pytest.mark.slow]

EXPECTED = [
    ("agents/api.py", 13, "framework-storage", "prompts"),
    ("agents/api.py", 15, "framework-storage", "prompts"),
    ("agents/api.py", 15, "write-failure-swallowed", "prompts"),
    ("agents/broken.py", 2, "open-for-writing", "files"),
    ("agents/files.py", 8, "hard-coded-container", "setup"),
    ("agents/files.py", 17, "connection-string-sniffing", "setup"),
    ("agents/files.py", 18, "client-per-call", "clients"),
    ("agents/files.py", 19, "client-per-call", "clients"),
    ("agents/files.py", 19, "credential-per-call", "clients"),
    ("agents/files.py", 23, "path-as-key", "files"),
    ("agents/files.py", 24, "blob-overwrite", "files"),
    ("agents/files.py", 24, "sync-sdk-in-async", "clients"),
    ("agents/files.py", 29, "path-as-key", "files"),
    ("agents/files.py", 31, "error-taken-for-empty", "files"),
    ("agents/files.py", 31, "sync-sdk-in-async", "clients"),
    ("agents/files.py", 37, "hard-coded-container", "setup"),
    ("agents/files.py", 38, "sync-sdk-in-async", "clients"),
    ("agents/flow.py", 13, "framework-storage", "memory"),
    ("agents/flow.py", 14, "framework-storage", "prompts"),
    ("agents/flow.py", 16, "framework-storage", "memory"),
    ("agents/flow.py", 17, "framework-storage", "memory"),
    ("agents/flow.py", 22, "framework-storage", "files"),
    ("agents/flow.py", 24, "framework-storage", "files"),
    ("agents/flow.py", 24, "write-failure-as-text", "files"),
    ("agents/memory.py", 20, "error-taken-for-empty", "memory"),
    ("agents/memory.py", 29, "open-for-writing", "memory"),
    ("agents/memory.py", 29, "write-failure-swallowed", "memory"),
    ("agents/memory.py", 39, "read-modify-write", "memory"),
    ("agents/memory.py", 48, "read-modify-write", "memory"),
    ("agents/prompts.py", 12, "file-operations", "prompts"),
    ("agents/prompts.py", 16, "path-write", "prompts"),
    ("agents/prompts.py", 25, "open-for-writing", "prompts"),
    ("agents/prompts.py", 26, "dump-to-file", "prompts"),
    ("agents/prompts.py", 31, "pickle", "prompts"),
    ("config.yml", 5, "connection-string-in-config", "setup"),
    ("production.env", 3, "connection-string-in-config", "setup"),
]
SECRET = "bWFkZS11cC1rZXktZm9yLXRoZS10ZXN0cy1vbmx5"


def test_the_findings_are_exactly_these(report: Report) -> None:
    assert [(f["path"], f["line"], f["rule"], f["step"]) for f in report.data["findings"]] == [
        (f"app/{path}", line, f"ingenious-storage.{rule}", step)
        for path, line, rule, step in EXPECTED
    ]


def test_a_finding_says_where_it_is(report: Report) -> None:
    [found] = [dict(f) for f in report.data["findings"] if f["rule"].endswith(".pickle")]
    assert found.pop("fingerprint").isalnum()
    assert found == {
        "rule": "ingenious-storage.pickle",
        "severity": "error",
        "step": "prompts",
        "path": "app/agents/prompts.py",
        "line": 31,
        "column": 16,
        "end_line": 31,
        "scope": "cached",
        "code": "return pickle.load(file)",
    }
    scopes = [f["scope"] for f in report.data["findings"] if f["path"] == "app/agents/memory.py"]
    assert scopes[-1] == "CloudMemory.maintain_memory"


def test_the_document(report: Report) -> None:
    data = report.data
    [keys] = [keys for line, keys in INFRA if line.startswith("audit")]
    assert set(data) == keys
    assert (report.document["format"], report.document["command"]) == ("ingenious.cli/1", "audit")
    assert report.stderr == ""
    assert sum(data["counts"].values()) == len(EXPECTED)
    assert {rule["id"] for rule in data["rules"]} == set(data["counts"])
    assert [(step["step"], step["findings"]) for step in data["steps"]] == [
        ("setup", 5),
        ("clients", 6),
        ("memory", 8),
        ("prompts", 9),
        ("files", 8),
    ]
    assert data["known"] == 0
    assert len({f["fingerprint"] for f in data["findings"]}) == len(EXPECTED)


def test_what_was_left_out_is_told(report: Report) -> None:
    settings = ["config.yml", "production.env"]
    assert report.data["scanned"] == len(list(SAMPLE.rglob("*.py"))) - 1 + len(settings)
    assert report.data["skipped"] == [
        {"path": "app/tests/checks_of_memory.py", "reason": "semgrepignore_patterns_match"}
    ]
    [broken] = report.data["unparsed"]
    assert (broken["path"], broken["line"]) == ("app/agents/broken.py", 6)
    assert "Syntax error" in broken["message"]


def test_the_sarif_report(report: Report) -> None:
    assert report.sarif["version"] == "2.1.0"
    assert report.sarif["$schema"].endswith("sarif-schema-2.1.0.json")
    [run] = report.sarif["runs"]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert set(rules) == {rule.id for rule in load()}
    found = [_of_sarif(report.folder, result, rules) for result in run["results"]]
    assert sorted(found) == sorted(
        (f["rule"], f["path"], f["line"], f["fingerprint"], f["step"], f["severity"])
        for f in report.data["findings"]
    )


def _of_sarif(folder: Path, result: dict[str, Any], rules: dict[str, Any]) -> tuple[Any, ...]:
    [location] = result["locations"]
    place = location["physicalLocation"]
    region = place["region"]
    lines = (folder / place["artifactLocation"]["uri"]).read_text(encoding="utf-8").split("\n")
    assert region["startLine"] <= region["endLine"] <= len(lines)
    assert " Instead: " in result["message"]["text"]
    levels = {"note": "info", "warning": "warning", "error": "error"}
    return (
        result["ruleId"],
        place["artifactLocation"]["uri"],
        region["startLine"],
        *result["fingerprints"].values(),
        result["properties"]["step"],
        levels[rules[result["ruleId"]]["defaultConfiguration"]["level"]],
    )


def test_no_report_holds_the_secret(report: Report) -> None:
    for name in ("config.yml", "production.env"):
        assert SECRET in (SAMPLE / name).read_text(encoding="utf-8")
    assert SECRET not in json.dumps(report.document)
    assert SECRET not in json.dumps(report.sarif)


def test_a_baseline_leaves_only_what_is_new(sample: Cli, report: Report) -> None:
    base = sample.write("base.json", report.document)
    memory = sample.folder / "app" / "agents" / "memory.py"
    moved = "# a line more\n" * 3 + memory.read_text(encoding="utf-8")
    new = '\n\ndef note(folder, text):\n    open(f"{folder}/note.md", "a").write(text)\n'
    memory.write_text(moved + new, encoding="utf-8")
    done = sample("audit", "app", "--baseline", base, "--strict", code=5)
    assert done.stdout.splitlines()[:3] == [
        "app/agents/memory.py",
        "    55  warning  open-for-writing in note  [memory]",
        '                 open(f"{folder}/note.md", "a").write(text)',
    ]
    assert done.stdout.count("MemoryManager().save_memory(id, data)") == 1
    assert done.stdout.split("\n\n")[-1].startswith(
        "The order of work\n1. memory: 1 finding in 1 file\n"
    )
    assert done.stderr.splitlines()[-1] == "1 finding, 36 known in 11 files, 1 file skipped"
    assert "warning: app/agents/broken.py:6: could not be parsed" in done.stderr
