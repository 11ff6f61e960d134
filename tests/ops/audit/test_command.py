"""The audit command without Semgrep: what it refuses and lists."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from ingenious_ops.audit.findings import findings_of
from ingenious_ops.audit.named import Named
from ingenious_ops.audit.sarif import completed
from ingenious_ops.audit.semgrep import RULES, command, environment, find_semgrep
from ingenious_ops.audit.source import Source
from ingenious_ops.audit.steps import step_of
from ingenious_ops.extras import ExtraMissingError, install_line
from tests.ops.cli.harness import Cli


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        ([], "name a PATH"),
        (["nowhere"], "does not exist"),
        (["a.py", "--list-rules"], "--list-rules goes with"),
        (["a.py", "--format", "sarif"], "both go to stdout"),
        (["a.py", "--output", "no/where.json"], "there is no folder no"),
        (["a.py", "--rules", "empty"], "no .yml or .yaml file in empty"),
        (["a.py", "--baseline", "nowhere"], "does not exist"),
        (["a.py", "--severity", "fatal"], "fatal"),
    ],
)
def test_what_cannot_be_meant(cli: Cli, args: list[str], problem: str) -> None:
    cli.write("a.py", "open('x', 'w')\n")
    Path("empty").mkdir()
    error = cli.error("audit", *args, code=2)
    assert error["code"] == "usage"
    assert problem in error["message"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "[1]",
        {"format": "ingenious.cli/1", "command": "verify", "data": {"findings": []}},
        {"format": "ingenious.cli/1", "command": "audit", "data": {"findings": [{}]}},
        {"format": "ingenious.cli/1", "command": "audit", "error": {}},
    ],
)
def test_a_baseline_that_is_no_report(cli: Cli, content: object) -> None:
    cli.write("a.py", "")
    cli.write("base.json", content)
    error = cli.error("audit", "a.py", "--baseline", "base.json", code=1)
    assert error["code"] == "audit_failed"
    assert "--format json --output base.json" in error["hint"]


def test_without_semgrep(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.write("a.py", "")
    monkeypatch.setenv("PATH", str(cli.folder))
    monkeypatch.setattr(sys, "executable", str(cli.folder / "python"))
    error = cli.error("audit", "a.py", code=1)
    assert error["code"] == "extra_missing"
    assert error["hint"].endswith(f", or: {install_line('audit')}")
    assert "pipx install semgrep" in error["hint"]


@pytest.mark.skipif(sys.platform == "win32", reason="a script without an extension")
def test_semgrep_beside_this_python_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("venv", "path"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "semgrep").touch(mode=0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv" / "python"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    assert find_semgrep() == tmp_path / "venv" / "semgrep"
    (tmp_path / "venv" / "semgrep").unlink()
    assert find_semgrep() == tmp_path / "path" / "semgrep"
    (tmp_path / "path" / "semgrep").unlink()
    with pytest.raises(ExtraMissingError):
        find_semgrep()


def test_the_settings_of_the_user_stay_out(tmp_path: Path) -> None:
    given = {
        "HOME": "/home/ann",
        "SEMGREP_APP_TOKEN": "t",
        "SEMGREP_RULES": "p/python",
        "SEMGREP_SEND_METRICS": "on",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
    }
    env = environment(given, tmp_path)
    assert {name for name in env if name.startswith("SEMGREP_")} == {
        "SEMGREP_ENABLE_VERSION_CHECK",
        "SEMGREP_LOG_FILE",
        "SEMGREP_SEND_METRICS",
        "SEMGREP_SETTINGS_FILE",
    }
    assert env["SEMGREP_SEND_METRICS"] == "off"
    assert env["HOME"] == "/home/ann"
    count = int(env["GIT_CONFIG_COUNT"])
    settings = {env[f"GIT_CONFIG_KEY_{n}"]: env[f"GIT_CONFIG_VALUE_{n}"] for n in range(count)}
    assert settings == {
        "safe.directory": "*",
        "core.fsmonitor": "false",
        "core.hooksPath": os.devnull,
    }


def test_a_path_is_never_an_option() -> None:
    line = command(
        Path("semgrep"), [Path("--config=p/python")], exclude=["-x"], baseline_commit="-b"
    )
    assert line[-2:] == ["--", "--config=p/python"]
    assert "--exclude=-x" in line
    assert "--baseline-commit=-b" in line
    assert [each for each in line if each.startswith("--config=")] == [
        f"--config={RULES}",
        "--config=p/python",
    ]
    assert {"--metrics=off", "--disable-version-check"} <= set(line)


def test_the_rules_are_listed_without_semgrep(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    text = cli("audit", "--list-rules").stdout
    rules = cli.data("audit", "--list-rules")["rules"]
    assert len(rules) == len(list(RULES.rglob("*.yml")))
    for rule in rules:
        assert f"{rule['id'].partition('.')[2]} ({rule['severity']})\n" in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("text", ["rules: [", "rules: 3", "- a", "", "rules: [{id: x}]"])
def test_a_rule_file_that_cannot_be_listed(cli: Cli, text: str) -> None:
    cli.write("own.yml", text)
    error = cli.error("audit", "--list-rules", "--rules", "own.yml", code=1)
    assert (error["code"], "own.yml" in error["message"]) == ("audit_failed", True)


def test_a_fingerprint_stays_when_lines_move(tmp_path: Path) -> None:
    def prints(text: str, *lines: int) -> list[str]:
        (tmp_path / "a.py").write_text(text, encoding="utf-8")
        return [f.fingerprint for f in findings_of([_result(line) for line in lines], tmp_path)]

    [first] = prints("open('x', 'w')\n", 1)
    assert prints("# more\n\nopen('x',   'w')\n".replace("   ", " "), 3) == [first]
    assert prints("if yes:\n    open('x', 'w')\n", 2) == [first]
    assert prints("open('y', 'w')\n", 1) != [first]
    twice = prints("open('x', 'w')\nopen('x', 'w')\n", 1, 2)
    assert twice[0] == first
    assert twice[1] != first


@pytest.mark.parametrize(
    ("before", "columns", "utf16"),
    [
        ("", (1, 15), (1, 15)),
        ("x = 1; ", (8, 22), (8, 22)),
        ('x = "äöü€"; ', (13, 27), (13, 27)),
        ('x = "😀"; ', (10, 24), (11, 25)),
        ("\t", (2, 16), (2, 16)),
    ],
)
def test_columns_are_characters(
    tmp_path: Path, before: str, columns: tuple[int, int], utf16: tuple[int, int]
) -> None:
    call = 'open("a", "w")'
    (tmp_path / "a.py").write_text(f"# ä\n{before}{call}\n", encoding="utf-8")
    first = len(before.encode()) + 1
    result = _result(2, first, first + len(call))
    [found] = findings_of([result], tmp_path)
    assert (found.column, found.end_column) == columns
    assert found.utf16 == utf16
    place: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": "a.py"}}}
    place["physicalLocation"]["region"] = {"startLine": 2, "startColumn": first, "endLine": 2}
    of_semgrep = {"ruleId": found.rule.id, "locations": [place]}
    sarif = completed({"runs": [{"results": [of_semgrep]}]}, [found])
    [run] = sarif["runs"]
    assert run["columnKind"] == "utf16CodeUnits"
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert (region["startColumn"], region["endColumn"]) == utf16


def test_a_column_in_a_file_that_is_not_utf_8_or_gone(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"x = '\xe9'; open('a', 'w')\n")
    [found] = findings_of([_result(1, 10, 24)], tmp_path)
    assert found.column == 10
    (tmp_path / "a.py").unlink()
    [found] = findings_of([_result(1, 10, 24)], tmp_path)
    assert (found.column, found.end_column) == (10, 24)


def test_a_link_stands_for_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "folder of it").mkdir()
    (tmp_path / "link").symlink_to("folder of it")
    named = Named([tmp_path / "link", tmp_path / "folder of it"])
    target = tmp_path / "folder of it"
    assert named.targets == [target]
    report = {
        "results": [{"path": f"{target}/a.py"}, {"path": f"{target}s/a.py"}],
        "runs": [{"artifactLocation": {"uri": f"{target}/a.py".replace(" ", "%20")}}],
    }
    assert named.renamed(report) == {
        "results": [{"path": f"{tmp_path}/link/a.py"}, {"path": f"{target}s/a.py"}],
        "runs": [{"artifactLocation": {"uri": f"{tmp_path}/link/a.py"}}],
    }
    assert named.unread([f"{tmp_path}/link/a.py"]) == []
    assert named.unread([f"{tmp_path}/other.py"]) == [str(path) for path in named.paths]


def _result(line: int, column: int = 1, end: int = 9) -> dict[str, Any]:
    return {
        "check_id": "ingenious-storage.open-for-writing",
        "path": "a.py",
        "start": {"line": line, "col": column},
        "end": {"line": line, "col": end},
        "extra": {"message": "m", "metadata": {}, "severity": "WARNING"},
    }


def test_the_function_around_a_line(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    code = "x = 1\nclass A:\n  async def b(self):\n    def c():\n      pass\n    c()\n"
    path.write_text(code, encoding="utf-8")
    source = Source(path)
    assert [source.scope(line) for line in range(1, 7)] == ["", "A", "A.b", "A.b.c", "A.b.c", "A.b"]
    for content in (b"def (:", b"\0", b"x = '\\q'\n", b"(" * 5000):
        path.write_bytes(content)
        assert Source(path).scope(1) == ""
    assert Source(tmp_path / "gone.py").code(1, 2) == ""


@pytest.mark.parametrize(
    ("rule_step", "code", "scope", "path", "step"),
    [
        ("setup", "memory", "", "", "setup"),
        ("data", "open(path, 'w')", "save_context", "app/threads/io.py", "memory"),
        ("data", "lock = threading.Lock()", "", "app/io.py", "files"),
        ("data", "shutil.copytree(a, b)", "new_revision", "app/memory.py", "prompts"),
        ("data", "open('chat_history.json', 'w')", "render_prompt", "x.py", "memory"),
        ("data", "open(path, 'w')", "", "app/reports.py", "files"),
        ("what a user's rule says", "open(path, 'w')", "", "prompts/io.py", "prompts"),
    ],
)
def test_the_step_of_a_finding(rule_step: str, code: str, scope: str, path: str, step: str) -> None:
    assert step_of(rule_step, code, scope, path) == step
