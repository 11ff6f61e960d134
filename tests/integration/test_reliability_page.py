"""docs/reliability.md: each promise has a test that exists, and each scenario its row."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.library.documents.simulation.cases import CASES
from tests.library.documents.simulation.mutants import MUTANTS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
PROMISES, _, REST = PAGE.partition("## What is not promised")
NAMED = sorted({*re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)})


def rows(part: str) -> list[list[str]]:
    lines = (line for line in part.splitlines() if line.startswith("| "))
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_test_that_is_named_is_there(path: str, name: str) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    found = [each.name for each in tree.body if isinstance(each, ast.FunctionDef | ast.ClassDef)]
    assert name in found
    assert name.startswith(("test_", "Test"))


def test_each_promise_names_its_tests() -> None:
    promises = [cells for cells in rows(PROMISES) if cells[0] != "promise"]
    assert len(promises) > 20
    for cells in promises:
        assert len(cells) == 4, cells
        assert re.search(r"`tests/[\w/]+\.py::\w+`", cells[3]), cells[0]


def test_each_scenario_has_a_row() -> None:
    named = [cells[0] for cells in rows(REST) if len(cells) == 7 and cells[0] != "scenario"]
    groups = {name: int(many[1]) for name in named if (many := re.search(r"\((\d+) scen", name))}
    single = {*named} - {*groups}
    assert single <= {*CASES}, single - {*CASES}
    others = {*CASES} - single
    assert all(re.search(r"dead after \d+,", name) for name in others), others
    assert sum(groups.values()) == len(others)


def test_the_number_of_planted_faults_is_theirs() -> None:
    assert f"plants {len(MUTANTS)} faults" in REST
