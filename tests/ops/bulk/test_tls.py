"""A cluster that speaks TLS with certificates on both sides, set as docs/bulk.md says."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from tests.ops.cli.harness import SCRIPT
from tests.support.authority import Authority
from tests.support.servers.dask import Cluster, run_dask

pytestmark = pytest.mark.slow
CONVERSATIONS = 30


def certified(authority: Authority) -> dict[str, str]:
    """The variables of that page; the three sides have one certificate here."""
    certificate, key = authority.client()
    comm = "DASK_DISTRIBUTED__COMM"
    sides = {
        f"{comm}__TLS__{side}__{what}": path
        for side in ("CLIENT", "SCHEDULER", "WORKER")
        for what, path in (("CERT", certificate), ("KEY", key))
    }
    always = {f"{comm}__REQUIRE_ENCRYPTION": "true", f"{comm}__TLS__CA_FILE": authority.file}
    return {**always, **sides}


@pytest.fixture
def certificates(tmp_path: Path) -> dict[str, str]:
    return certified(Authority(tmp_path))


@pytest.fixture
def cluster(tmp_path: Path, certificates: Mapping[str, str]) -> Iterator[Cluster]:
    folder = tmp_path / "dask"
    with run_dask(folder, 2, options=("--protocol", "tls"), env=certificates) as running:
        running.wait_for(2)
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Path:
    folder = tmp_path / "command"
    settings = StorageSettings(base_path=folder / "data")
    with Storage(Settings(storage=settings)) as storage:
        storage.memory.save_many({f"c-{number}": {} for number in range(CONVERSATIONS)})
    (folder / "config.yml").write_text(f"storage: {{base_path: {folder / 'data'}}}")
    return folder


def verify(store: Path, address: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (SCRIPT, "--json", "verify", "--executor", "dask", "--scheduler", address),
        cwd=store,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_work_goes_over_tls(store: Path, cluster: Cluster, certificates: Mapping[str, str]) -> None:
    assert cluster.address.startswith("tls://")
    done = verify(store, cluster.address, certificates)
    assert done.returncode == 0, done.stderr
    data, _ = json.loads(done.stdout)["data"]["containers"]
    assert (data["documents"], data["problems"]) == (CONVERSATIONS, [])


@pytest.mark.parametrize("scheme", ["tls", "tcp"])
def test_a_certificate_of_another_authority_and_a_command_without_tls_are_refused(
    tmp_path: Path, store: Path, cluster: Cluster, scheme: str
) -> None:
    (tmp_path / "other").mkdir()
    env = certified(Authority(tmp_path / "other")) if scheme == "tls" else {}
    done = verify(store, f"{scheme}://127.0.0.1:{cluster.port}", env)
    assert done.returncode != 0
    assert "bulk_scheduler_unreachable" in done.stdout


def test_without_a_certificate_nothing_is_asked(store: Path, certificates: dict[str, str]) -> None:
    authority = "DASK_DISTRIBUTED__COMM__TLS__CA_FILE"
    for env in ({}, {authority: certificates[authority]}):
        began = time.monotonic()
        done = verify(store, "tls://127.0.0.1:1", env)  # where nobody is
        assert "there is no certificate for tls://127.0.0.1:1" in done.stdout
        assert "__TLS__CLIENT__CERT" in done.stdout
        assert "Traceback" not in done.stderr
        assert time.monotonic() - began < 25  # a client that was refused waits for 60
