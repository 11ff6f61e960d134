"""Fixtures that every test may use."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import hypothesis
import pytest
from hypothesis import HealthCheck

from tests.support.servers.azurite import Azurite, run_azurite
from tests.support.servers.fake_gcs import GcsServer, run_fake_gcs

if TYPE_CHECKING:
    from tests.ops.cli.harness import Cli
    from tests.support.servers.s3 import S3Server

_ACCOUNTS = (
    "AZURE_", "AZURITE_", "AWS_", "GOOGLE_", "CLOUDSDK_", "GCE_", "STORAGE_EMULATOR_", "INGENIOUS_",
)  # fmt: skip
_MEMORY = Path("/dev/shm")
_ROOM = 4 << 30
"""Bytes: the folders of all quick tests of a run take less than one GB."""
_OF_THIS_MACHINE = pytest.StashKey[Mapping[str, str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Forget this machine's accounts and profiles: no test may reach or depend on them.

    Only the tests on real clouds, which INGENIOUS_TEST_... chooses, are given them back: by the
    fixture `machine`.
    """
    found = {
        name: os.environ.pop(name)
        for name in list(os.environ)
        if name.startswith(_ACCOUNTS) and not name.startswith("INGENIOUS_TEST_")
    }
    worker: Mapping[str, Any] = getattr(config, "workerinput", {})
    config.stash[_OF_THIS_MACHINE] = worker.get("machine", found)
    if config.option.markexpr == "not slow":
        _keep_folders_in_memory()
    # An example that takes long on a busy machine is no fault.
    profile = hypothesis.settings(
        hypothesis.settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    hypothesis.settings.register_profile("patient", profile)
    hypothesis.settings.load_profile("patient")
    gc.disable()  # of what tests are made of while they are collected, nothing is garbage


def _keep_folders_in_memory() -> None:
    """A store syncs whatever it writes: milliseconds on a disk, and nothing where there is none.

    The slow tests need more room, and they are the ones that kill.
    """
    if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


def pytest_collection_finish() -> None:
    """What all tests import is not looked at again by each collection of garbage."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a pytest-xdist worker, which inherits an environment that has forgotten already."""
    node.workerinput["machine"] = dict(node.config.stash[_OF_THIS_MACHINE])


@pytest.fixture(scope="session")
def machine(pytestconfig: pytest.Config) -> Mapping[str, str]:
    """The variables of accounts and profiles that this machine had when the run began."""
    return pytestconfig.stash[_OF_THIS_MACHINE]


# A server starts in less than a second, so each pytest-xdist worker has its own when it needs one.
@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """Azurite over HTTP, with the shared key."""
    with run_azurite(tmp_path_factory.mktemp("azurite")) as server:
        yield server


@pytest.fixture(scope="session")
def azurite_oauth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """Azurite over HTTPS, with bearer tokens; see `tests.support.credentials.FakeCredential`."""
    with run_azurite(tmp_path_factory.mktemp("azurite-oauth"), oauth=True) as server:
        yield server


# The servers of S3 come with botocore, which takes a third of a second to import.
@pytest.fixture(scope="session")
def versitygw(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """S3: right in its conditions and in the order of its listings; a key is no folder."""
    from tests.support.servers.versitygw import run_versitygw

    with run_versitygw(tmp_path_factory.mktemp("versitygw")) as server:
        yield server


@pytest.fixture(scope="session")
def versitygw_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """The same over HTTPS."""
    from tests.support.servers.versitygw import run_versitygw

    with run_versitygw(tmp_path_factory.mktemp("versitygw-tls"), tls=True) as server:
        yield server


@pytest.fixture(scope="session")
def seaweedfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """S3: right in the conditions of its deletes too; its listings have an order of their own."""
    from tests.support.servers.seaweedfs import run_seaweedfs

    with run_seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as server:
        yield server


@pytest.fixture(scope="session")
def fake_gcs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GcsServer]:
    """Google Cloud Storage: right in its conditional writes, deaf to those of reads and deletes."""
    with run_fake_gcs(tmp_path_factory.mktemp("fake-gcs")) as server:
        yield server


@pytest.fixture
def container_name() -> str:
    """A container of this test's own; nothing has created it yet."""
    return f"test-{uuid4().hex}"


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """A command line in an empty folder of its own, with a home that holds no profiles."""
    from tests.ops.cli.harness import Cli

    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("INGENIOUS_AUTHOR", "tester")
    return Cli(folder)
