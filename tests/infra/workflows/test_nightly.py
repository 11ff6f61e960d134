"""The night's stack, as the workflow describes it and as the program understands it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.infra.workflows import sweep
from tests.infra.workflows.files import fake, job, needs_bash, run, step
from tests.support import real_accounts

if TYPE_CHECKING:
    from tests.infra.conftest import Recorder
    from tests.infra.program.recorder import Recording

pytestmark = needs_bash

PRINCIPAL = "33333333-3333-4333-8333-333333333333"


@pytest.fixture
def described(tmp_path: Path) -> dict[str, Any]:
    """The settings file that the workflow writes."""
    fake(tmp_path, {"curl": "echo 203.0.113.7"})
    (tmp_path / "infra").mkdir()
    done = run(
        step("nightly-azure/contract", "Describe the stack")["run"],
        tmp_path,
        STACK="ci-42",
        SECRETS_PROVIDER="azurekeyvault://vault.vault.azure.net/keys/pulumi",
        LOCATION="australiaeast",
        PRINCIPAL=PRINCIPAL,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = yaml.safe_load((tmp_path / "infra/Pulumi.ci-42.yaml").read_text())
    return found


@pytest.fixture
def made(described: dict[str, Any], record: Recorder) -> Recording:
    config = {name.partition(":")[2]: value for name, value in described["config"].items()}
    return record(config.pop("environment"), "ci-42", **config)


def test_secrets_are_encrypted_by_the_vault(described: dict[str, Any]) -> None:
    assert described["secretsprovider"] == "azurekeyvault://vault.vault.azure.net/keys/pulumi"


def test_it_admits_the_runner_and_can_be_destroyed(made: Recording) -> None:
    rules = made.one("storage:StorageAccount").inputs["networkRuleSet"]
    assert [rule["iPAddressOrRange"] for rule in rules["ipRules"]] == ["203.0.113.7"]
    assert made.all("authorization:ManagementLockByScope") == []
    assert [found.name for found in made.resources if found.protect] == []


def test_the_runner_may_write_in_both_containers(made: Recording) -> None:
    mine = [
        found.inputs
        for found in made.all("authorization:RoleAssignment")
        if found.inputs["principalId"] == PRINCIPAL
        and found.inputs["roleDefinitionId"].endswith("ba92f5b4-2d11-453d-a403-e96b0029c9fe")
    ]
    assert len({found["scope"] for found in mine}) == 2


def test_the_sweeper_knows_it_by_its_tags_a_day_later(made: Recording) -> None:
    group = {"name": "rg", "tags": made.one("resources:ResourceGroup").inputs["tags"]}
    made_at = float(group["tags"]["made-at"])
    assert sweep.old_groups([group], made_at + 86_399) == []
    assert sweep.old_groups([group], made_at + 86_401) == ["rg"]


def test_the_tests_on_azure_are_told_where() -> None:
    steps = job("nightly-azure/contract")["steps"]
    said = yaml.safe_dump(steps, width=10_000)
    for name in ("ACCOUNT", "CONTAINER", "PROFILES", "PROFILE", "PATIENCE"):
        assert getattr(real_accounts, name) in said
    for test in ("test_real.py", "test_real_health.py"):
        assert f"pytest tests/library/backends/azure/{test} " in said
        assert (Path(__file__).parents[2] / "library/backends/azure" / test).is_file()


@pytest.mark.parametrize("store", ["s3", "gcs"])
def test_the_tests_on_buckets_are_told_where_and_must_run(store: str, tmp_path: Path) -> None:
    found = step(f"nightly-buckets/{store}", "Contract suite")
    test = f"tests/library/backends/{store}/test_real.py"
    assert f"pytest {test} " in found["run"]
    assert (Path(__file__).parents[3] / test).is_file()
    assert getattr(real_accounts, f"{store.upper()}_BUCKET") in found["env"]
    for told, code in (("138 passed, 3 skipped", 0), ("1 skipped", 1)):
        (tmp_path / ".venv/bin").mkdir(parents=True, exist_ok=True)
        python = tmp_path / ".venv/bin/python"
        python.write_text(f"#!/usr/bin/env bash\necho {told!r}\n")
        python.chmod(0o755)
        assert run(found["run"], tmp_path).returncode == code
