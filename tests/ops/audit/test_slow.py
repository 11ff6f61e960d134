"""Audits that run Semgrep: what they must never do, and what their options are for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ops.audit.conftest import SAMPLE
from tests.ops.cli.harness import SCRIPT, WORKSPACE, Cli
from tests.support.semgrep import needs_semgrep, with_semgrep

pytestmark = [needs_semgrep, pytest.mark.slow]

OWN = """
rules:
  - id: our.print
    languages: [python]
    severity: MEDIUM
    message: Somebody reads this in a log.
    metadata: {instead: logger.info(text), step: setup}
    pattern: print(...)
"""


def rules_of(cli: Cli, *args: str, code: int = 0) -> list[tuple[str, int]]:
    data = cli.data("audit", "app", *args, code=code)
    return [(f["rule"].rpartition(".")[2], f["line"]) for f in data["findings"]]


def git(folder: Path, *args: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", *who, *args], cwd=folder, check=True, capture_output=True)


def test_it_needs_no_network(sample: Cli) -> None:
    """In a network namespace of its own, without even a loopback that is up."""
    alone = ["unshare", "--map-root-user", "--net"]
    probe = [*alone, "true"]
    if shutil.which("unshare") is None or subprocess.run(probe, check=False).returncode:
        pytest.skip("no network namespaces here")
    done = subprocess.run(
        [*alone, SCRIPT, "audit", "app", "--json"],
        env={**os.environ, "PATH": with_semgrep(os.environ["PATH"])},
        cwd=sample.folder,
        capture_output=True,
        check=True,
        timeout=200,
    )
    assert len(json.loads(done.stdout)["data"]["findings"]) == 36
    assert not (sample.folder / "home").exists()  # nor does it write a log or settings there


def test_nothing_of_the_code_base_is_executed(sample: Cli) -> None:
    app, marker = sample.folder / "app", sample.folder / "executed"
    (app / "setup.py").write_text(f"open({str(marker)!r}, 'w').write('import')", encoding="utf-8")
    trap = sample.folder / "trap"
    trap.write_text(f"#!{sys.executable}\nopen({str(marker)!r}, 'w').write('git')\n")
    trap.chmod(0o755)
    git(app, "init", "-q")
    git(app, "add", "-A")
    git(app, "commit", "-qm", "first")
    (app / "later.py").write_text("open('x', 'w')\n", encoding="utf-8")
    git(app, "add", "-A")
    git(app, "commit", "-qm", "second")
    shutil.copy(trap, app / ".git" / "hooks" / "post-checkout")
    git(app, "config", "core.fsmonitor", str(trap))
    os.chdir(app)
    sample("audit", ".")
    data = sample.data("audit", ".", "--baseline-commit", "HEAD~1")
    assert [f["path"] for f in data["findings"]] == ["later.py"]
    assert not marker.exists()
    subprocess.run(["git", "status"], cwd=app, check=False, capture_output=True)
    assert marker.exists()  # the trap would have worked


def test_a_commit_that_is_not_there(sample: Cli) -> None:
    git(sample.folder, "init", "-q")
    git(sample.folder, "add", "-A")
    git(sample.folder, "commit", "-qm", "first")
    error = sample.error("audit", "app", "--baseline-commit", "nowhere", code=1)
    assert error["code"] == "audit_failed"
    assert "nowhere" in error["message"]
    assert "Traceback" not in error["message"]


def test_rules_of_ones_own_are_added(sample: Cli) -> None:
    sample.write("ours/own.yml", OWN)
    data = sample.data("audit", "app", "--rules", "ours")
    assert len(data["findings"]) == 37
    [own] = [f for f in data["findings"] if f["rule"] == "our.print"]
    assert (own["path"], own["line"], own["severity"]) == ("app/agents/files.py", 33, "warning")
    [rule] = [rule for rule in data["rules"] if rule["id"] == "our.print"]
    assert rule["instead"] == "logger.info(text)"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (OWN.replace("print(...)", "'print(('"), "our.print"),
        (OWN.replace("    pattern: print(...)\n", ""), "ours/own.yml: Invalid rule schema"),
        ("rules: [", "Invalid YAML file ours/own.yml"),
        ("rules: 3", "Semgrep failed"),
    ],
)
def test_a_rule_that_cannot_be_read(sample: Cli, text: str, problem: str) -> None:
    sample.write("ours/own.yml", text)
    error = sample.error("audit", "app", "--rules", "ours", code=1)
    assert error["code"] == "audit_failed"
    assert problem in error["message"]


def test_the_options_choose(sample: Cli) -> None:
    errors = rules_of(sample, "--severity", "error", "--exclude", "api.py", "--strict", code=5)
    assert {rule for rule, _ in errors} == {
        "error-taken-for-empty",
        "write-failure-as-text",
        "write-failure-swallowed",
        "read-modify-write",
        "pickle",
        "connection-string-in-config",
    }
    assert ("write-failure-swallowed", 15) not in errors
    sarif = sample("audit", "app", "--severity", "error", "--format", "sarif").stdout
    assert len(json.loads(sarif)["runs"][0]["results"]) == len(errors) + 1


def test_json_in_a_file_is_the_next_baseline(sample: Cli) -> None:
    sample("audit", "app", "--format", "json", "--output", "base.json")
    data = sample.data("audit", "app", "--baseline", "base.json")
    assert (data["findings"], data["known"]) == ([], 36)


def test_a_secret_is_masked_in_what_other_rules_find_there(sample: Cli) -> None:
    sample.write(
        "app/late.py",
        "from azure.storage.blob import BlobServiceClient\n\n\n"
        "def client(url):\n"
        '    return BlobServiceClient(url, credential="c2hvcnQtYnV0LXNlY3JldA==")\n',
    )
    found = sample.data("audit", "app/late.py")["findings"]
    assert {f["rule"].rpartition(".")[2] for f in found} == {"client-per-call", "connection-string"}
    assert {f["code"] for f in found} == {"return BlobServiceClient(url, credential=***)"}


def test_a_comment_leaves_a_line_out(sample: Cli) -> None:
    prompts = sample.folder / "app" / "agents" / "prompts.py"
    lines = prompts.read_text(encoding="utf-8").split("\n")
    lines[30] += "  # nosemgrep: ingenious-storage.pickle"
    prompts.write_text("\n".join(lines), encoding="utf-8")
    assert "pickle" not in {rule for rule, _ in rules_of(sample)}


def test_the_examples_of_this_repository_hold_nothing(cli: Cli) -> None:
    done = cli.data("audit", str(WORKSPACE))
    assert done["findings"] == done["unparsed"] == []
    assert done["scanned"] == len(list(WORKSPACE.rglob("*.json")))


CODE = 'x = "äöü€"; open("x", "w")\n'


def test_a_named_path_is_read_whatever_it_is(cli: Cli) -> None:
    """A link, a link to a folder, a program without an extension."""
    cli.write("real/a.py", CODE)
    cli.write("tool", CODE)
    Path("link.py").symlink_to("real/a.py")
    Path("linked").symlink_to("real")
    paths = ["link.py", "tool"]
    for named, found in ((paths, paths), (["linked"], ["linked/a.py"]), (["tool"], ["tool"])):
        data = cli.data("audit", *named, "--strict", code=5)
        assert [(f["path"], f["line"], f["column"]) for f in data["findings"]] == [
            (path, 1, 13) for path in found
        ]
        assert data["unread"] == []
    sarif = json.loads(cli("audit", "linked", "--format", "sarif").stdout)
    [result] = sarif["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "linked/a.py"
    assert (place["region"]["startColumn"], place["region"]["endColumn"]) == (13, 27)


def test_a_named_path_that_was_not_read_fails_a_strict_audit(cli: Cli) -> None:
    cli.write("good.py", "x = 1\n")
    cli.write("pictures/a.png", "no code")
    named = ["good.py", "pictures"]
    done = cli("audit", *named)
    assert "warning: pictures was named and nothing of it was read\n" in done.stderr
    data = cli.data("audit", *named, "--strict", code=5)
    assert data["unread"] == ["pictures"]
    assert cli.data("audit", "good.py", "--strict")["unread"] == []


def test_what_a_commit_was_not_compared_with_is_counted(cli: Cli) -> None:
    for name in ("same", "unstaged", "staged", "both"):
        cli.write(f"app/{name}.py", "x = 1\n")
    git(cli.folder, "init", "-q")
    git(cli.folder, "add", "-A")
    git(cli.folder, "commit", "-qm", "first")
    for name in ("unstaged", "staged", "both", "untracked", "deep/untracked"):
        cli.write(f"app/{name}.py", CODE)
    cli.write("elsewhere.py", CODE)
    git(cli.folder, "add", "app/staged.py", "app/both.py")
    cli.write("app/both.py", CODE * 2)
    options = ("app", "--baseline-commit", "HEAD")
    data = cli.data("audit", *options)
    assert data["uncompared"] == {"unstaged": 2, "untracked": 2}
    warning = "not compared with the commit: 2 unstaged files, 2 untracked files; `git add`"
    assert warning in cli("audit", *options).stderr
    git(cli.folder, "add", "-A")
    data = cli.data("audit", *options)
    assert data["uncompared"] == {"unstaged": 0, "untracked": 0}
    assert len(data["findings"]) == 6
    assert cli.data("audit", "app")["uncompared"] == {}


def test_nothing_to_audit_is_told(cli: Cli) -> None:
    cli.write("tests/test_a.py", "open('x', 'w')\n")
    said = cli("audit", ".", "-v").stderr
    assert "warning: no file was audited" in said
    assert "skipped tests/test_a.py: semgrepignore_patterns_match" in said
    assert "1 finding in 1 file" in cli("audit", "tests/test_a.py").stderr


def test_files_that_cannot_be_read_do_not_stop_it(cli: Cli) -> None:
    Path("latin.py").write_bytes(b'# caf\xe9\nopen("x", "w")\n')
    Path("empty.py").touch()
    Path("-dash.py").write_text('open("x", "w")\n', encoding="utf-8")
    Path("loop.py").symlink_to("loop.py")
    Path("folder loop").symlink_to(".")
    found = cli.data("audit", ".")["findings"]
    assert sorted((f["path"], f["line"]) for f in found) == [("-dash.py", 1), ("latin.py", 2)]
    assert len({f["fingerprint"] for f in found}) == len(found)
    assert SAMPLE.is_dir()
