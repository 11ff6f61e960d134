"""The locked requirements: each file that the Makefile installs can build the project, alike."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
BESIDE_FRAMEWORKS = [
    "tests/library/adapters/google_adk/requirements.txt",
    "tests/library/adapters/ingenious/framework/requirements.txt",
]
"""What the project runs in beside frameworks that need environments of their own."""
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
FILES = sorted(set(re.findall(r"REQ ?= ?(requirements[\w-]*\.txt)", MAKEFILE)))


def pins(name: str) -> dict[str, set[str]]:
    """Versions by package; there are several where the platform decides."""
    found: dict[str, set[str]] = {}
    text = (ROOT / name).read_text(encoding="utf-8")
    for package, version in re.findall(r"^([\w.-]+)==([\w.!+]+)", text, re.MULTILINE):
        found.setdefault(package, set()).add(version)
    return found


def test_each_has_the_build_backend() -> None:
    """`make venv` builds the project without isolation, from what it has just installed."""
    assert FILES == ["requirements-bench.txt", "requirements-dev.txt", "requirements.txt"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    backend = project["build-system"]["build-backend"].partition(".")[0]
    for name in FILES:
        assert backend in pins(name), name


def test_they_agree() -> None:
    """They are installed into one environment, one after the other."""
    everything = pins("requirements-dev.txt")
    for name in FILES:
        for package, versions in pins(name).items():
            assert versions == everything.get(package, versions), (name, package)


@pytest.mark.parametrize("name", BESIDE_FRAMEWORKS)
def test_each_that_the_project_needs_is_there_beside_the_framework(name: str) -> None:
    """`make lock` sees to it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = pins(name)
    for each in map(Requirement, project["dependencies"]):
        [version] = found[canonicalize_name(each.name)]
        assert each.specifier.contains(version), each
