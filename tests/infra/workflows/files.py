"""The workflows as data; every scalar is text, so that `on` is a key like any other."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
WORKFLOWS = ROOT / ".github/workflows"


needs_bash = pytest.mark.skipif(os.name == "nt", reason="the steps run on Linux")


def load(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
    return found


def workflows() -> dict[str, dict[str, Any]]:
    return {path.stem: load(path) for path in sorted(WORKFLOWS.glob("*.yml"))}


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every job, as `workflow/job`."""
    for name, workflow in workflows().items():
        for job, content in workflow["jobs"].items():
            yield f"{name}/{job}", content


def job(name: str) -> dict[str, Any]:
    return dict(jobs())[name]


def step(of_job: str, name: str) -> dict[str, Any]:
    (found,) = [each for each in job(of_job)["steps"] if each.get("name") == name]
    return dict(found)


def run(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a step's script as GitHub does; executables in `folder/bin` come first on PATH."""
    search = os.pathsep.join([str(folder / "bin"), os.environ["PATH"]])
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={"PATH": search, **variables},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def fake(folder: Path, scripts: Mapping[str, str]) -> None:
    """Executables that stand in for programs which would reach the network."""
    (folder / "bin").mkdir(exist_ok=True)
    for name, script in scripts.items():
        path = folder / "bin" / name
        path.write_text(f"#!/usr/bin/env bash\n{script}\n")
        path.chmod(0o755)
