"""The switch to a real account works: proven on Azurite, where every token is good."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from azure.storage.blob import ContainerClient

from tests.support.real_accounts import ACCOUNT, CONTAINER, ENDPOINT, PATIENCE, PROFILE, PROFILES

if TYPE_CHECKING:
    from tests.support.servers.azurite import Azurite

pytestmark = pytest.mark.slow

_ROOT = Path(__file__).resolve().parents[4]
_SIGNED_IN = """
import azure.identity
from tests.support.credentials import FakeCredential

class Anyone(FakeCredential):
    def __init__(self, **options):
        super().__init__()
    def __enter__(self):
        return self
    def __exit__(self, *error):
        self.close()

azure.identity.DefaultAzureCredential = Anyone
"""


def _run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the suite in a process of its own, where signing in always succeeds."""
    (folder / "anyone.py").write_text(_SIGNED_IN)
    search = os.pathsep.join([str(folder), str(_ROOT), str(_ROOT / "ops")])
    ours = ("PYTEST_", "INGENIOUS_TEST_")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    command = [sys.executable, "-m", "pytest", "-p", "anyone", "-q", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, *arguments],
        cwd=_ROOT,
        env={**inherited, "PYTHONPATH": search, **variables},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@pytest.fixture
def container(azurite_oauth: Azurite, container_name: str) -> ContainerClient:
    client = ContainerClient(
        azurite_oauth.account_url,
        container_name,
        azurite_oauth.account_key,
        **azurite_oauth.client_options,
    )
    client.create_container()
    return client


@pytest.fixture
def variables(azurite_oauth: Azurite, container: ContainerClient) -> dict[str, str]:
    return {
        ACCOUNT: azurite_oauth.account_name,
        CONTAINER: container.container_name,
        ENDPOINT: azurite_oauth.account_url,
        "REQUESTS_CA_BUNDLE": str(azurite_oauth.ca_file),
    }


def test_without_an_account_it_says_why_it_skips(tmp_path: Path) -> None:
    run = _run(tmp_path, "tests/library/backends/azure/test_real.py", "-k", "close_twice")
    assert run.returncode == 5, run.stdout  # no test was collected
    assert f"no real account: {ACCOUNT} and {CONTAINER} are not set" in run.stdout


def test_with_an_account_it_runs_there_and_leaves_nothing(
    tmp_path: Path, variables: dict[str, str], container: ContainerClient
) -> None:
    run = _run(
        tmp_path, "tests/library/backends/azure/test_real.py", "-k", "container or order or twice",
        **variables,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout
    assert "skipped" not in run.stdout
    assert list(container.list_blob_names()) == []


def test_a_container_in_use_is_left_alone(
    tmp_path: Path, variables: dict[str, str], container: ContainerClient
) -> None:
    container.upload_blob("precious", b"kept")
    run = _run(
        tmp_path, "tests/library/backends/azure/test_real.py", "-k", "close_twice", **variables
    )
    assert run.returncode == 1
    assert "is not empty (1 blobs), and these tests delete everything" in run.stdout
    assert container.download_blob("precious").readall() == b"kept"


@pytest.mark.parametrize("workers", ["0", "2"])
def test_half_a_switch_and_several_processes_are_refused(
    tmp_path: Path, variables: dict[str, str], workers: str
) -> None:
    if workers == "0":
        del variables[CONTAINER]
    run = _run(
        tmp_path, "tests/library/backends/azure/test_real.py",
        "-k", "close_twice or order", "-n", workers, **variables,
    )  # fmt: skip
    assert run.returncode == 1
    wanted = f"{CONTAINER} must be set too" if workers == "0" else "run them without -n"
    assert wanted in run.stdout


def test_health_round_trip(
    tmp_path: Path, azurite_oauth: Azurite, container: ContainerClient
) -> None:
    profiles = tmp_path / "profiles.yml"
    profiles.write_text(
        "profiles:\n  ci-1:\n    storage:\n      type: azure_blob\n"
        f"      account_name: {azurite_oauth.account_name}\n"
        f"      endpoint: {azurite_oauth.account_url}\n"
        f"      container_data: {container.container_name}\n"
        f"      container_revisions: {container.container_name}-r\n"
        "      auto_create_containers: true\n"
    )
    run = _run(
        tmp_path,
        "tests/library/backends/azure/test_real_health.py",
        **{PROFILES: str(profiles), PROFILE: "ci-1", PATIENCE: "5"},
        REQUESTS_CA_BUNDLE=str(azurite_oauth.ca_file),
    )
    assert run.returncode == 0, run.stdout
    assert "1 passed" in run.stdout
    assert list(container.list_blob_names()) == []
