"""Frameworks that pin what they need: this project goes into one environment with each of them."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECT = ROOT / "pyproject.toml"


class Framework(NamedTuple):
    """What one asks for beside this project."""

    requirement: str
    python: str
    pins: dict[str, str]
    """What it pins of what this project needs too, directly or not."""


FRAMEWORKS: Final = [
    Framework(
        "ingenious[auth,azure,core]==0.2.8",
        "3.13",
        {
            "azure-core": "1.34.0",
            "fastapi": "0.115.9",
            "pydantic": "2.11.5",
            "rich": "13.7.1",
            "typer": "0.16.0",
        },
    ),
]


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda each: each.requirement)
def test_what_it_pins_is_allowed(framework: Framework) -> None:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    wanted = {each.name: each.specifier for each in map(Requirement, project["dependencies"])}
    both = wanted.keys() & framework.pins.keys()
    assert both
    refused = [name for name in both if not wanted[name].contains(framework.pins[name])]
    assert refused == []


@pytest.mark.slow  # asks PyPI
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda each: each.requirement)
def test_both_are_resolved_together(framework: Framework) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-header"),
            *("--no-annotate", "--only-binary=:all:", "--python-version", framework.python),
            *("-", str(PROJECT)),
        ],
        input=framework.requirement,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = dict(line.split("==") for line in done.stdout.splitlines() if "==" in line)
    assert {name: found[name] for name in framework.pins} == framework.pins
