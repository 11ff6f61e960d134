"""`demo workspace`: what the pages try commands with, from the package."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.ops.cli.harness import WORKSPACE, Cli


def test_it_is_the_example_and_can_be_imported(cli: Cli) -> None:
    done = cli.data("demo", "workspace", "a/workspace")
    names = [path.relative_to(WORKSPACE) for path in WORKSPACE.rglob("*") if path.is_file()]
    assert sorted(done["files"]) == sorted(str(Path("a/workspace") / name) for name in names)
    for name in names:
        assert (Path("a/workspace") / name).read_bytes() == (WORKSPACE / name).read_bytes()
    assert cli.data("memory", "import", "a/workspace")["counts"]["created"] == 7
    sets = cli.data("prompts", "import", "a/workspace")["sets"]
    assert [each["set"] for each in sets] == ["quickstart-1", "quickstart-2"]


def test_an_application_with_code_to_audit(cli: Cli) -> None:
    done = cli.data("demo", "application", ".")
    assert "src/context.py" in done["files"]
    assert Path(".files/memory/thread-7c3e/context.md").is_file()
    words = "one two three"
    program = f"import context; context.add('t', {words!r}); print(context.read('t'))"
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": "src", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == f"{words}\n"


def test_what_is_there_stays(cli: Cli) -> None:
    cli.write("w/memory/context.md", "mine")
    error = cli.error("demo", "workspace", "w", code=4)
    assert error["code"] == "already_exists"
    assert [path.name for path in Path("w").rglob("*") if path.is_file()] == ["context.md"]
    cli("demo", "workspace", "w", "--force")
    assert Path("w/memory/context.md").read_text(encoding="utf-8") != "mine"
