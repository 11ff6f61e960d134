"""infra/README.md names every key, every policy and every file, and nothing that is gone."""

from __future__ import annotations

import re

import pytest

from ingenious_infra.policy.rules import RULES
from tests.infra.conftest import INFRA

README = (INFRA / "README.md").read_text(encoding="utf-8")


def _section(title: str) -> str:
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def _first_cells(section: str) -> set[str]:
    rows = [line.split(" | ")[0] for line in section.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def test_it_names_every_key() -> None:
    settings = pytest.importorskip("ingenious_infra.settings")
    assert _first_cells(_section("Settings")) == set(settings.Settings.model_fields)


def test_its_table_of_controls_names_every_policy() -> None:
    rows = [line for line in _section("Controls").splitlines() if line.startswith("| ")]
    named = {name for row in rows for name in re.findall(r"`([a-z]+(?:-[a-z]+)*)`", row)}
    assert {rule.name for rule in RULES} == named


def test_its_files_exist() -> None:
    for name in _first_cells(_section("The parts")):
        if name != "local/":
            assert (INFRA / name).exists(), name
    named = set(re.findall(r"\b(\w+\.py)\b", _section("Controls")))
    assert named <= {path.name for path in (INFRA / "ingenious_infra/components").glob("*.py")}
