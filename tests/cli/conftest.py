"""A command line in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.harness import WORKSPACE, Cli


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """An empty working directory, and a home that holds no profiles."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("INGENIOUS_AUTHOR", "tester")
    return Cli(folder)


@pytest.fixture
def filled(cli: Cli) -> Cli:
    """With the example workspace in it."""
    cli("prompts", "import", str(WORKSPACE))
    cli("memory", "import", str(WORKSPACE))
    return cli
