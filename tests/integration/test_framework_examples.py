"""The examples of the frameworks run as they are, in a folder of their own, with no account."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.page import ROOT, Page

EXAMPLES = sorted((ROOT / "examples/frameworks").glob("*.py"))
SAID = {
    "langgraph_saver": [
        "May I order tea?",
        "['plan 0: order tea', 'ordered']",
        "['plan 0: order tea', 'on second thoughts', 'left it']",
        "6 checkpoints, of both branches",
    ],
    "langgraph_store": [
        "You said: I drink tea. I know of you: nothing.",
        "You said: I live in Lyon. I know of you: I drink tea.",
        "You said: What tea do I drink?. I know of you: I drink tea; I live in Lyon.",
        "3 memories erased",
    ],
    "openai_agents": [
        "I drink tea? You have said 1 things.",
        "I live in Lyon? You have said 2 things.",
        "3 items",
        "revision 6: clear_session",
        "3 items again",
        "7 revisions erased",
    ],
    "microsoft_agent_framework": [
        "1: You said: I sail on 12 May",
        "2: You said: I sail on 12 May, I sail on 12 May",
        "3: You said: I sail on 12 May, I sail on 12 May, Is a berth free?",
        "0 messages left",
    ],
    "pydantic_ai_conversations": [
        "You have said 1 things.",
        "You have said 2 things.",
        "its fork 4",
        "trip 4",
        "0 left",
    ],
}
"""What each prints, line by line."""
ELSEWHERE = {"google_adk"}
"""In an environment of its own, by tests of its adapter."""


@pytest.mark.slow
@pytest.mark.parametrize("name", SAID)
def test_it_runs(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", ROOT / f"examples/frameworks/{name}.py"],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == SAID[name]
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


@pytest.mark.slow
@pytest.mark.parametrize("name", SAID)
def test_the_code_of_its_page_runs(name: str, tmp_path: Path) -> None:
    page = Page(f"docs/frameworks/{name.replace('_', '-')}.md")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "".join(page.blocks("python"))],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_each_is_run() -> None:
    assert {path.stem for path in EXAMPLES} - ELSEWHERE == set(SAID)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_its_page_names_it(example: Path) -> None:
    page = ROOT / f"docs/frameworks/{example.stem.replace('_', '-')}.md"
    assert f"examples/frameworks/{example.name}" in page.read_text(encoding="utf-8")
