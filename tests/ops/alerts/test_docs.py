"""docs/monitoring.md and the page of the alerts: what they tell to write or run works."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
import yaml

from tests.ops.alerts.rules import OPS, RULE_FILES, TEST_FILES
from tests.ops.cli.harness import Cli
from tests.support.servers.prometheus import promtool

PAGE = (OPS.parent / "docs/monitoring.md").read_text(encoding="utf-8")
ALERTS_PAGE = (OPS / "alerts/README.md").read_text(encoding="utf-8")


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A folder with a copy of the rules, and of their tests."""
    return Path(shutil.copytree(OPS / "alerts", tmp_path / "alerts"))


def test_the_configuration_of_prometheus(rules: Path) -> None:
    block = re.findall(r"```yaml\n(# prometheus.yml\n.*?)```", PAGE, re.DOTALL)[0]
    file = rules.parent / "prometheus.yml"
    file.write_text(block)
    promtool("check", "config", file)
    assert yaml.safe_load(block)["rule_files"] == ["alerts/*.yml"]


def test_every_other_block_is_yaml() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert [str(yaml.safe_load(block))[:1] for block in blocks] == ["{"] * len(blocks)
    assert len(blocks) >= 3


def exported(cli: Cli) -> list[Path]:
    """The files of rules, with addresses, and their tests beside them."""
    command = re.findall(r"^    ingenious-storage (.*)\\\n(.*)$", ALERTS_PAGE, re.MULTILINE)
    cli(*shlex.split(" ".join(command[0])))
    return sorted(Path("monitoring/alerts").glob("*.yml"))


def test_the_addresses_can_be_put_in_front(cli: Cli) -> None:
    files = exported(cli)
    assert [file.name for file in files] == [file.name for file in RULE_FILES]
    text = "".join(file.read_text() for file in files)
    assert text.count("runbook_url: https://") == text.count("- alert: ")
    assert text.count('dashboard: "https://') == text.count("- alert: ")
    promtool("check", "rules", *files)


@pytest.mark.slow
def test_the_tests_pass_with_addresses_too(cli: Cli) -> None:
    exported(cli)
    tests = sorted(Path("monitoring/alerts/tests").glob("*.yml"))
    assert len(tests) == len(TEST_FILES)
    promtool("test", "rules", *(file for file in tests if "slow" not in file.name))
