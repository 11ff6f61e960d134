"""The README's code and commands run as they stand, and run again."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
import yaml
from fastapi.testclient import TestClient

from ingenious_storage import Storage
from ingenious_storage.config import load_settings
from ingenious_storage.config.azure.endpoint import emulator_command
from tests.support.page import ROOT, Page, containers, type_in
from tests.support.semgrep import needs_semgrep, with_semgrep
from tests.support.servers.azurite import Azurite

README = Page("README.md")
ELSEWHERE = ("make ", "python3 -m venv ", "pip ", "npx ", "ingenious-storage serve")
"""Commands that fetch something, or that do not end; each has a test of its own, or is the run."""


def test_the_library_example(
    ingenious_storage: Storage, capsys: pytest.CaptureFixture[str]
) -> None:
    example = README.blocks("python")[0]
    assert len(example.splitlines()) <= 25
    for run in (1, 2):
        exec(compile(example, "README.md", "exec"), {})
        printed = capsys.readouterr().out
        assert (
            "{'messages': [{'role': 'user', 'content': 'Hello'}], 'topic': 'greeting'}" in printed
        )
        assert printed.endswith("You sort the tickets of {{ team }}.\n")
        numbers = [r.number for r in ingenious_storage.memory.history("thread-1")]
        assert numbers == list(range(5 * run, 0, -1))


def test_the_web_example(ingenious_storage: Storage) -> None:
    names: dict[str, object] = {}
    exec(compile(README.blocks("python")[1], "README.md", "exec", dont_inherit=True), names)
    with TestClient(names["app"]) as client:  # type: ignore[arg-type]
        message = {"role": "user", "content": "Hello"}
        assert client.post("/threads/a/messages", json=message).json() == {"revision": 1}
        assert client.get("/threads/a").json() == {"messages": [message]}
        assert client.get("/threads/b").status_code == 404


def test_the_profile(tmp_path: Path) -> None:
    (tmp_path / "profiles.yml").write_text(README.blocks("yaml")[0])
    settings = load_settings("prod", environ={}, cwd=tmp_path)
    account = settings.storage.azure_account()
    assert account.account_url == "https://mycompanyagents.blob.core.windows.net"
    assert account.credential == "default"
    assert yaml.safe_load(README.blocks("yaml")[0])


def test_the_profiles_of_other_clouds(tmp_path: Path) -> None:
    (tmp_path / "profiles.yml").write_text(README.blocks("yaml")[1])
    aws = load_settings("aws", environ={}, cwd=tmp_path).storage
    google = load_settings("google", environ={}, cwd=tmp_path).storage
    assert (aws.type, aws.s3.region) == ("s3", "eu-central-1")
    assert (google.type, google.gcs.location) == ("gcs", "EU")


def commands(azurite: Azurite) -> list[str]:
    """Those that need no network, with this test's emulator for the one that the page starts."""
    ours = [command for command in README.commands if not command.startswith(ELSEWHERE)]
    assert sum(command.startswith("ingenious-storage ") for command in ours) >= 15
    emulator = shlex.quote(azurite.connection_string)
    return [command.replace("'UseDevelopmentStorage=true'", emulator) for command in ours]


def check(printed: str, folder: Path) -> None:
    """What the commands made, after they were typed in `folder`."""
    assert "10 documents, 10 revisions rebuilt and checked: 0 problems, 0 strays" in printed
    assert "7 conversations: 7 created" in printed
    assert "pass: data" in printed
    assert (folder / "trial/monitoring/alerts/health.yml").is_file()
    assert (folder / "trial/data").is_dir()


def test_how_the_emulator_is_started() -> None:
    [started] = [command for command in README.commands if command.startswith("npx ")]
    [*told] = emulator_command(10000).split()
    port = told.index("--blobPort")
    del told[port : port + 2]  # the default
    assert started.split() == [*told, "--inMemoryPersistence"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    subprocess.run([*build, "--wheel-dir", folder, ROOT], check=True, timeout=280)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment with the wheel, and of this one only what others made."""
    home = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True, timeout=200)
    pip = (sys.executable, "-m", "pip", "--python", home / "bin/python", "install", "--quiet")
    subprocess.run([*pip, "--no-deps", "--no-index", wheel], check=True, timeout=200)
    [packages] = home.glob("lib/python3*/site-packages")
    # A folder that a .pth adds comes behind, and its own .pth files, such as that of this
    # checkout's editable installation, are not followed.
    (packages / "others.pth").write_text(sysconfig.get_path("purelib"))
    return home / "bin"


@pytest.mark.slow
@needs_semgrep
@pytest.mark.timeout(1200)
def test_the_commands_from_a_wheel(
    installed: Path, tmp_path: Path, azurite: Azurite, container_name: str
) -> None:
    """Nothing of the checkout is there: neither its files nor, on the path, its packages."""
    path = with_semgrep(os.pathsep.join(("/usr/bin", "/bin")))
    environ = {"PATH": os.pathsep.join((str(installed), path)), **containers(container_name)}
    where = "python -c 'import ingenious_storage, ingenious_ops as o; print(o.__file__)'"
    printed = type_in([where, *commands(azurite)], tmp_path, environ, timeout=1100)
    check(printed, tmp_path)
    assert str(installed.parent / "lib") in printed.splitlines()[1]
    assert str(ROOT) not in printed.replace(str(ROOT / ".cache"), "")
    example = tmp_path / "example.py"
    example.write_text(README.blocks("python")[0])
    twice = type_in(["python example.py", "python example.py"], tmp_path, environ)
    assert twice.count("You sort the tickets of {{ team }}.\n") == 2


@pytest.mark.slow
def test_the_pages_from_a_wheel(installed: Path, wheel: Path, tmp_path: Path) -> None:
    environ = {"PATH": os.pathsep.join((str(installed), "/usr/bin", "/bin"))}
    printed = type_in(["ingenious-storage explain --json"], tmp_path, environ)
    known = json.loads(printed.partition("\n")[2])["data"]
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")}
    assert set(known["pages"]) >= pages
    assert "commit_unknown" in known["codes"]
    lines = type_in(
        [
            "ingenious-storage explain commit_unknown | grep 'what to do'",
            "ingenious-storage infra init program",
            "test -f program/Pulumi.dev.yaml",
            "ingenious-storage audit . 2>&1 | grep -F -- '[audit]' || true",
        ],
        tmp_path,
        environ,
    )
    assert f"{wheel}[audit]'" in lines


@pytest.mark.slow
def test_the_wheel_holds_no_more_than_it_should(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"ingenious_storage", "ingenious_ops", "ingenious_storage-0.1.0.dist-info"}
    others = [name for name in names if not name.startswith("ingenious_storage/backends/local/")]
    assert not [name for name in others if name.endswith((".pyc", ".lock")) or "/local/" in name]


def test_the_links_lead_somewhere() -> None:
    assert README.broken_links() == []
