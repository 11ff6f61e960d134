"""`pulumi preview --policy-pack` and `up`, by the real engine on local Azure."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.infra.conftest import INFRA, REQUIRED

pytest.importorskip("pulumi", reason="pip install 'ingenious-storage[infra]'")

from pulumi import automation

from tests.support.pulumi import LocalCloud, find_cli, run_local_azurite
from tests.support.servers.azurite import Azurite

# Pulumi's Automation API leaves what an inline program used to the garbage collector.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
PACKS = [str(INFRA / "policy")]


@pytest.fixture
def cloud(tmp_path: Path) -> LocalCloud:
    """A local Azure for previews, which touch no container."""
    cli = find_cli()
    if cli is None:
        pytest.skip("there is no Pulumi CLI: infra/tools/install.py says how to get one")
    return LocalCloud(cli, tmp_path, Azurite("http://127.0.0.1:1"))


def _stack(cloud: LocalCloud, environment: str, **config: Any) -> automation.Stack:
    # Pulumi's distribution has this script; where only its CLI was built, it is made here.
    script = cloud.directory / "bin/pulumi-analyzer-policy-python"
    script.parent.mkdir(exist_ok=True)
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -u -m pulumi.policy "$1" "$2"\n')
    script.chmod(0o755)
    path = os.pathsep.join([str(script.parent), cloud.environment["PATH"]])
    name = f"{environment}-{uuid4().hex[:8]}"
    return cloud.stack(
        name, {"environment": environment, **REQUIRED[environment], **config}, PATH=path
    )


@pytest.mark.parametrize("environment", ["dev", "test", "prod"])
def test_a_preview_passes_the_pack(cloud: LocalCloud, environment: str) -> None:
    preview = _stack(cloud, environment, client_side_key=True).preview(policy_packs=PACKS)
    assert "ingenious-storage@v0.1.0" in preview.stdout
    assert "[mandatory]" not in preview.stdout
    # Whom a role is given on is known once the containers are; `up` checks it.
    advised = [line for line in preview.stdout.splitlines() if "[advisory]" in line]
    assert [line.split()[2] for line in advised] == ["role-scope"], preview.stdout


def test_a_violation_stops_prod_and_is_advice_in_dev(cloud: LocalCloud) -> None:
    with pytest.raises(automation.CommandError, match=r"\[mandatory\]\s+storage-shared-key-off"):
        _stack(cloud, "prod", shared_key_access=True).preview(policy_packs=PACKS)
    preview = _stack(cloud, "dev", shared_key_access=True).preview(policy_packs=PACKS)
    assert "storage-shared-key-off-advice" in preview.stdout


def test_what_was_made_passes_the_pack(cloud: LocalCloud, tmp_path: Path) -> None:
    with run_local_azurite(tmp_path / "azurite") as azurite:
        running = LocalCloud(cloud.cli, tmp_path, azurite)
        stack = _stack(running, "prod", ephemeral=True)
        output = stack.up(policy_packs=PACKS).stdout
        stack.destroy()
    assert "ingenious-storage@v0.1.0" in output
    # `up` begins with no preview here: every rule ran on what the provider answered.
    assert "[mandatory]" not in output
    assert "[advisory]" not in output
