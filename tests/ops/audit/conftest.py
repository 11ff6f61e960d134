"""A sample application in a folder of its own: Semgrep leaves folders called `tests` out."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.ops.cli.harness import Cli, run_script
from tests.support.semgrep import with_semgrep

SAMPLE = Path(__file__).with_name("sample_app")


@dataclass(frozen=True)
class Report:
    """One audit of the sample application, in every format."""

    folder: Path
    document: dict[str, Any]
    sarif: dict[str, Any]
    stderr: str

    @property
    def data(self) -> Any:
        return self.document["data"]


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("audit")
    shutil.copytree(SAMPLE, folder / "app")
    env = {**os.environ, "PATH": with_semgrep(os.environ["PATH"])}
    done = run_script(
        "audit",
        "app",
        "--json",
        "--format",
        "sarif",
        "--output",
        "app.sarif",
        cwd=folder,
        env=env,
    )
    assert done.returncode == 0, done.stderr.decode()
    sarif = json.loads((folder / "app.sarif").read_bytes())
    return Report(folder, json.loads(done.stdout), sarif, done.stderr.decode())


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """In a folder of its own, with Semgrep on the PATH."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", with_semgrep(os.environ["PATH"]))
    return Cli(tmp_path)


@pytest.fixture
def sample(cli: Cli) -> Cli:
    """With the sample application in it."""
    shutil.copytree(SAMPLE, cli.folder / "app")
    return cli
