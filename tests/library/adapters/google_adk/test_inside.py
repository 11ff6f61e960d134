"""The tests in `inside` run in the framework's environment, once; each has its result here."""

from __future__ import annotations

import ast
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import pytest

from tests.library.adapters.google_adk import environment
from tests.library.adapters.google_adk.inside.places import AZURITE
from tests.support.servers.azurite import Azurite

ROOT: Final = environment.ROOT
INSIDE: Final = Path(__file__).with_name("inside")
TESTS: Final = [
    f"{path.stem}::{node.name}"
    for path in sorted(INSIDE.glob("check_*.py"))
    for node in ast.parse(path.read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
]
Results = Mapping[str, list[tuple[str, str]]]
"""By test: each of its cases, and what was wrong with it."""


@pytest.fixture(scope="session")
def results(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("google-adk")
    report = folder / "report.xml"
    command = [
        *(str(environment.install()), "-m", "pytest", "-q", "-c", str(INSIDE / "pytest.ini")),
        *("--rootdir", str(INSIDE), "--confcutdir", str(INSIDE), "-p", "no:cacheprovider"),
        *("-p", "tests.library.adapters.google_adk.inside.places", "-p", "tests.support.counted"),
        f"--junitxml={report}",
        *("--basetemp", str(folder / "temporary"), str(INSIDE)),
    ]
    variables = {
        **os.environ,
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        AZURITE: azurite.connection_string,
    }
    done = subprocess.run(
        command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=1400, check=False
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found: dict[str, list[tuple[str, str]]] = {}
    for case in ET.parse(report).iter("testcase"):
        name = f"{case.attrib['classname']}::{case.attrib['name'].partition('[')[0]}"
        problems = "\n".join(each.text or each.tag for each in case)
        found.setdefault(name, []).append((case.attrib["name"], problems))
    return found


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("name", TESTS)
def test_it_passes(name: str, results: Results) -> None:
    cases = results[name]
    assert [problem for _, problem in cases if problem] == []


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_all_are_here(results: Results) -> None:
    assert set(results) == set(TESTS)
    assert sum(map(len, results.values())) >= 62
