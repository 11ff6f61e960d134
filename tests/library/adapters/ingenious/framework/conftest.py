"""An unmodified application of the framework, and the storages that its variables can name."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingenious_storage import Storage
from tests.library.adapters.ingenious.framework import environment
from tests.ops.api.framework import environment as framework
from tests.ops.api.framework.record import variables
from tests.ops.cli.harness import Cli
from tests.support.servers.azurite import Azurite

PROGRAMS = Path(__file__).resolve().with_name("programs")
CHOSEN = {
    "FILE_STORAGE__DATA__STORAGE_TYPE": "ingenious_storage",
    "FILE_STORAGE__REVISIONS__STORAGE_TYPE": "ingenious_storage",
}
"""All that an application sets to use a storage of ours."""
OPEN = {"WEB_CONFIGURATION__AUTHENTICATION__ENABLE": "false"}


@dataclass(frozen=True)
class Place:
    """A storage, by the variables that name it (without INGENIOUS_)."""

    settings: Mapping[str, str]
    storage: Storage


@pytest.fixture(scope="session")
def application(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an application."""
    if framework.python_313() is None:
        pytest.skip(framework.MISSING)
    return environment.make(tmp_path_factory.mktemp("application"))


@pytest.fixture(params=["folder", "azurite, encrypted"])
def place(
    request: pytest.FixtureRequest,
    cli: Cli,
    container_name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Place]:
    """A plain folder; then Azurite, where everything is sealed by a key of the client."""
    settings = {"STORAGE__TYPE": "local", "STORAGE__BASE_PATH": str(tmp_path / "kept")}
    if request.param != "folder":
        server: Azurite = request.getfixturevalue("azurite")
        settings = {
            "STORAGE__TYPE": "azure_blob",
            "STORAGE__CONNECTION_STRING": server.connection_string,
            "STORAGE__CONTAINER_DATA": f"{container_name}-d",
            "STORAGE__CONTAINER_REVISIONS": f"{container_name}-r",
            "STORAGE__ENCRYPTION__PROVIDER": "key_file",
            "STORAGE__ENCRYPTION__KEY_FILE": str(tmp_path / "master.key"),
        }
    for name, value in settings.items():
        monkeypatch.setenv(f"INGENIOUS_{name}", value)  # for the command line here
    if "STORAGE__ENCRYPTION__PROVIDER" in settings:
        cli("keys", "init")
    with Storage.from_config() as storage:
        yield Place(settings, storage)


Program = Callable[..., str]


@pytest.fixture
def program(application: Path, tmp_path: Path) -> Program:
    """Runs a program of `programs/` in the application's environment; what it prints."""

    def run(name: str, settings: Mapping[str, str], *args: str) -> str:
        done = subprocess.run(
            [application, "-W", "ignore", PROGRAMS / f"{name}.py", *args],
            env=variables(tmp_path, {**CHOSEN, **OPEN, **settings}),
            capture_output=True,
            text=True,
            timeout=100,
            cwd=tmp_path,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout.strip().splitlines()[-1]

    return run
