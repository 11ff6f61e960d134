"""A store that another distribution brings: built, installed, and used through the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
CONTRACT = HERE / "contract.py"
CONFIG = """\
storage:
  type: sqlite
  sqlite:
    path: all.db
    password: a-canary
"""
PROFILES = """\
profiles:
  files: {storage: {type: local, base_path: files}}
  table: {storage: {type: sqlite, sqlite: {path: other.db}}}
"""
NAMED = {"INGENIOUS_STORAGE__TYPE": "sqlite", "PYTHONPATH": ""}
Run = Callable[..., subprocess.CompletedProcess[str]]


def python(*args: str, check: bool = False, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *args]
    return subprocess.run(command, check=check, capture_output=True, text=True, **options)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the wheel is installed into, without any index."""
    folder = tmp_path_factory.mktemp("site")
    built = folder / "dist"
    package = HERE / "package"
    python("-m", "hatchling", "build", "-t", "wheel", "-d", str(built), cwd=package, check=True)
    [wheel] = built.glob("*.whl")
    options = ("--quiet", "--no-deps", "--no-index", "--no-input", "--disable-pip-version-check")
    python("-m", "pip", "install", *options, "--target", str(folder), str(wheel), check=True)
    return folder


@pytest.fixture
def run(site: Path, tmp_path: Path) -> Run:
    """The command line in an empty folder; `code` is the exit code that it must have."""
    (tmp_path / "config.yml").write_text(CONFIG)
    (tmp_path / "profiles.yml").write_text(PROFILES)

    def call(*args: str, code: int = 0, **variables: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "PYTHONPATH": str(site), **variables}
        done = python("-m", "ingenious_ops", *args, cwd=tmp_path, env=env, input='{"a": 1}')
        assert done.returncode == code, done.stdout + done.stderr
        return done

    return call


def test_it_is_configured_by_a_section_of_its_own(run: Run) -> None:
    shown = run("config", "show", "--explain").stdout
    assert "storage.sqlite.path\tall.db\tconfig.yml:4\n" in shown
    assert "storage.sqlite.password\t***\tconfig.yml:5\n" in shown
    assert "storage.type\tsqlite\tconfig.yml:2\n" in shown
    variable = run("config", "show", "--explain", INGENIOUS_STORAGE__SQLITE__PATH="mine.db")
    assert "storage.sqlite.path\tmine.db\tINGENIOUS_STORAGE__SQLITE__PATH\n" in variable.stdout


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("{pth: all.db}", "storage.sqlite.pth (config.yml:1) is not a key that exists"),
        ("{pth: all.db}", "Did you mean storage.sqlite.path?"),
        ("{path: [1]}", "storage.sqlite.path (config.yml:1): "),
        ("{path: all.txt}", "storage.sqlite.path (config.yml:1) is no file of SQLite"),
        ("{}", "storage.sqlite.path: Field required"),
        ("{path: all.db, password: [a-canary]}", "storage.sqlite.password (config.yml:1): "),
    ],
)
def test_what_its_section_refuses(run: Run, tmp_path: Path, section: str, said: str) -> None:
    text = f"storage: {{type: sqlite, sqlite: {section}}}"
    (tmp_path / "config.yml").write_text(text)
    error = run("config", "validate", code=1).stderr
    assert said in error
    assert "a-canary" not in error


def test_it_keeps_what_is_saved(run: Run, tmp_path: Path) -> None:
    run("memory", "save", "c")
    assert (tmp_path / "all.db").is_file()
    assert json.loads(run("memory", "show", "c").stdout) == {"a": 1}
    assert run("memory", "ls", "-v").stderr == "storage: sqlite, all.db; profile: none\n"
    assert "the account may keep a copy" in run("memory", "purge", "c", "--yes").stderr
    run("health", "check")


def test_doctor_asks_it_what_it_asks_every_store_and_its_own(run: Run) -> None:
    run("containers", "ensure")
    found = json.loads(run("doctor", "--json", "--strict").stdout)["data"]
    status = {check["name"]: check["status"] for check in found["checks"]}
    assert set(status.values()) == {"pass"}
    assert {"store.library", "data.preconditions", "data.delete", "revisions.read"} <= set(status)
    assert not {"dns", "folder.base"} & set(status)


def test_migrate_copies_into_it_and_out_of_it(run: Run, tmp_path: Path) -> None:
    run("memory", "save", "c", "--profile", "files")
    for source, target in (("files:data", "table:data"), ("table:data", "./back")):
        ends = ("--from", source, "--to", target)
        run("migrate", "run", *ends)
        run("migrate", "verify", *ends)
    assert json.loads(run("memory", "show", "c", "--profile", "table").stdout) == {"a": 1}
    copied = tmp_path / "back" / "conversations" / "c" / "memory.json"
    assert json.loads(copied.read_text())["data"] == {"a": 1}


@pytest.mark.timeout(900)
def test_it_passes_the_contract(site: Path, tmp_path: Path) -> None:
    options = ("-q", "-c", os.devnull, "--import-mode=importlib", "-p", "no:cacheprovider")
    env = {**os.environ, "PYTHONPATH": str(site)}
    done = python("-m", "pytest", *options, str(CONTRACT), cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stdout
    assert int(done.stdout.split(" passed")[0].split()[-1]) > 250


def test_without_the_distribution_the_store_is_unknown(run: Run) -> None:
    error = run("config", "validate", code=1, **NAMED).stderr
    assert "storage.sqlite (config.yml:3) is not a key that exists" in error
    error = run("config", "validate", "--config", os.devnull, code=1, **NAMED).stderr
    assert "(INGENIOUS_STORAGE__TYPE): must be 'local', 'azure_blob', 's3', 'gcs', 'in" in error
