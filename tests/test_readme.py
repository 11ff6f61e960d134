"""The README's code runs as it stands."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from fastapi.testclient import TestClient

from ingenious_storage import Storage
from ingenious_storage.config import load_settings
from tests.support.semgrep import needs_semgrep, with_semgrep

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
WORKSPACE = Path(__file__).parent.parent / "examples"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def test_the_library_example(
    ingenious_storage: Storage, capsys: pytest.CaptureFixture[str]
) -> None:
    example = blocks("python")[0]
    assert len(example.splitlines()) <= 25
    exec(compile(example, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "{'messages': [{'role': 'user', 'content': 'Hello'}], 'topic': 'greeting'}" in printed
    assert printed.endswith("You sort the tickets of {{ team }}.\n")
    assert [r.number for r in ingenious_storage.memory.history("thread-1")] == [5, 4, 3, 2, 1]


def test_the_web_example(ingenious_storage: Storage) -> None:
    names: dict[str, object] = {}
    exec(compile(blocks("python")[1], "README.md", "exec", dont_inherit=True), names)
    with TestClient(names["app"]) as client:  # type: ignore[arg-type]
        message = {"role": "user", "content": "Hello"}
        assert client.post("/threads/a/messages", json=message).json() == {"revision": 1}
        assert client.get("/threads/a").json() == {"messages": [message]}
        assert client.get("/threads/b").status_code == 404


def test_the_profile(tmp_path: Path) -> None:
    (tmp_path / "profiles.yml").write_text(blocks("yaml")[0])
    settings = load_settings("prod", environ={}, cwd=tmp_path)
    account = settings.storage.azure_account()
    assert account.account_url == "https://mycompanyagents.blob.core.windows.net"
    assert account.credential == "default"
    assert yaml.safe_load(blocks("yaml")[0])


@needs_semgrep
def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", with_semgrep(os.environ["PATH"]))
    (tmp_path / "notes.json").write_text('{"messages": []}')
    shutil.copytree(WORKSPACE, tmp_path / "examples")
    lines = [line[2:] for block in blocks("console") for line in block.splitlines()]
    commands = [line for line in lines if line.startswith("ingenious-storage ")]
    assert len(commands) >= 7
    for command in commands:
        words = [sys.executable, "-m", "ingenious_ops", *shlex.split(command, comments=True)[1:]]
        done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.returncode == 0, f"{command}: {done.stderr}"
