"""`.env`: read as the software that shares it reads it, nothing skipped and nothing guessed."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingenious_storage.config import explain, load_settings
from ingenious_storage.config.sources import exported, reading
from tests.library.config.conftest import Load
from tests.library.config.refusals import CANARY, refused
from tests.support.polling import eventually

AZURE = {"INGENIOUS_STORAGE__TYPE": "azure_blob", "AZURE_STORAGE_ACCOUNT_NAME": "contosoagents"}
IDENTITY = (
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_TOKEN_CREDENTIALS",
    "HTTPS_PROXY",
    "no_proxy",
    "REQUESTS_CA_BUNDLE",
    "OTEL_SERVICE_NAME",
)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f'INGENIOUS_STORAGE__TYPE="azure_blob\nA={CANARY}', 1),
        (f"\n\nINGENIOUS_STORAGE__TYPE: {CANARY}", 3),
        ("A=1\r\nset INGENIOUS_STORAGE__TYPE=azure_blob", 2),
        ("INGENIOUS_STORAGE__TYPE azure_blob", 1),
        (f"INGENIOUS_STORAGE__TYPE='azure_blob' {CANARY}", 1),
        ("=azure_blob", 1),
        ("A=1\n\u200bINGENIOUS_STORAGE__TYPE=azure_blob", 2),
        ("other software's: line", 1),
    ],
)
def test_a_line_that_cannot_be_read_is_an_error(load: Load, text: str, line: int) -> None:
    refused(lambda: load(dotenv=text), f".env:{line}: not a line of the form NAME=VALUE")


def test_what_is_read_is_what_python_dotenv_reads(load: Load) -> None:
    settings = load(
        dotenv="\ufeff# ours\nexport INGENIOUS_STORAGE__CONTAINER_DATA = 'some-data' # ours\n"
        'INGENIOUS_STORAGE__TENANT_ID="a\\tb"\nBARE\nA=1\nA=2\nBASE=/srv\n'
        "INGENIOUS_STORAGE__BASE_PATH=${BASE}/${SUB:-mem}${NONE:-}\n"
        "INGENIOUS_STORAGE__WORKERS=3\nINGENIOUS_STORAGE__WORKERS=3\n"
    ).storage
    assert (settings.container_data, settings.tenant_id) == ("some-data", "a\tb")
    assert (settings.base_path, settings.workers) == (Path("/srv/mem"), 3)


def test_a_reference_means_what_is_in_force(load: Load) -> None:
    text = "BASE=/below\nINGENIOUS_STORAGE__BASE_PATH=${BASE}"
    assert load(dotenv=text).storage.base_path == Path("/below")
    assert load(dotenv=text, environ={"BASE": "/above"}).storage.base_path == Path("/above")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("INGENIOUS_STORAGE__BASE_PATH=${A}\nA=/x", ".env:1: INGENIOUS_STORAGE__BASE_PATH needs"),
        ("A=${UNSET}\nINGENIOUS_STORAGE__BASE_PATH=${A}", ".env:1: A needs the variable UNSET"),
        ("A=1\nA=2\nINGENIOUS_STORAGE__BASE_PATH=${A}", ".env:2: A has another value"),
        ("INGENIOUS_STORAGE__BASE_PATH=${A:/x}", ".env:1: INGENIOUS_STORAGE__BASE_PATH has a '${'"),
        ("INGENIOUS_STORAGE__BASE_PATH=${A", ".env:1: INGENIOUS_STORAGE__BASE_PATH has a '${'"),
        ("INGENIOUS_STORAGE__BASE_PATH", ".env:1: INGENIOUS_STORAGE__BASE_PATH has no '='"),
        ('INGENIOUS_STORAGE__BASE_PATH=/x"', "ends with a quote that it does not begin with"),
        ("INGENIOUS_STORAGE__BASE_PATH=$HOME/x", "a path with a variable"),
        ("INGENIOUS_STORAGE_BASE_PATH=/x", "_BASE_PATH in .env:1 is not a variable"),
        ("ingenious_profile=prod", "named by ingenious_profile in .env:1"),
    ],
)  # fmt: skip
def test_what_is_used_must_be_usable(load: Load, text: str, said: str) -> None:
    refused(lambda: load(dotenv=text), said)


def test_a_broken_variable_of_other_software_does_no_harm(load: Load) -> None:
    text = "A=1\nA=2\nB=${UNSET}\nC\nAZURE_CLIENT_ID=1\nAZURE_CLIENT_ID=2\n"
    assert load(dotenv=text).storage.type == "local"
    refused(lambda: load(environ=AZURE), ".env:6: AZURE_CLIENT_ID has another value than in line 5")


def test_yaml_files_name_a_broken_variable_of_dotenv(load: Load) -> None:
    refused(
        lambda: load(config="storage: {base_path: '${A}'}", dotenv="A=1\nA=2"),
        ".env:2: A has another value",
    )


def test_a_virtual_environment_called_dotenv_is_none(load: Load, tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    refused(load, ".env cannot be read: Is a directory")
    (tmp_path / ".env/pyvenv.cfg").touch()
    assert load().files == ()


# Empty variables


EMPTY = {"AZURE_STORAGE_CONNECTION_STRING": ""}


def test_an_empty_variable_of_azure_s_tools_is_judged_when_it_is_used(load: Load) -> None:
    assert load(environ=EMPTY).storage.type == "local"
    refused(
        lambda: load(environ={**AZURE, **EMPTY}),
        "AZURE_STORAGE_CONNECTION_STRING is given, but empty",
    )
    refused(
        lambda: load(environ=AZURE, dotenv="A=1\nAZURE_STORAGE_SAS_TOKEN=  "),
        "AZURE_STORAGE_SAS_TOKEN in .env:2 is given, but empty",
    )


def test_an_empty_variable_that_decides_nothing_does_no_harm(load: Load) -> None:
    given = {"storage.connection_string": "UseDevelopmentStorage=true"}
    kind = {"INGENIOUS_STORAGE__TYPE": "azure_blob"}
    settings = load(environ={**kind, **EMPTY}, overrides=given)
    assert settings.storage.azure_account().account_name == "devstoreaccount1"


def test_an_empty_variable_is_not_set_for_a_reference(load: Load) -> None:
    text = "storage: {base_path: '${A:/default}'}"
    assert load(config=text, environ={"A": ""}).storage.base_path == Path("/default")
    refused(
        lambda: load(config="storage: {base_path: '${A}'}", environ={"A": ""}),
        "needs the variable A, which is not set",
    )


# Pipes


def test_a_pipe_is_read_to_its_end_however_slowly_it_is_written(
    load: Load,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(reading, "TELL_AFTER", 0.01)
    os.mkfifo(tmp_path / ".env")

    def told() -> bool:
        return ".env is a pipe: waiting for who writes to it" in caplog.messages

    def write() -> None:
        eventually(told)
        with (tmp_path / ".env").open("w") as pipe:
            pipe.write("INGENIOUS_STORAGE__")
            pipe.flush()
            pipe.write("WORKERS=3\n")

    writer = threading.Thread(target=write)
    with caplog.at_level(logging.WARNING, "ingenious_storage.config"):
        writer.start()
        assert load().storage.workers == 3
        writer.join()


def test_a_pipe_of_the_shell_is_a_file(tmp_path: Path) -> None:
    code = "import sys; from ingenious_storage.config import load_settings as load; "
    code += "print(load(config_path=sys.argv[1], environ={}).storage.workers)"
    run = subprocess.run(
        ["bash", "-c", f"{sys.executable} -c '{code}' <(echo 'storage: {{workers: 3}}')"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.stdout, run.stderr) == ("3\n", "")


# Variables that other libraries read


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}


@pytest.fixture
def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory and the process's own environment, which is left as it was."""
    before = _environment()
    monkeypatch.chdir(tmp_path)
    for name in (*IDENTITY, *exported.NAMES):
        monkeypatch.delenv(name, raising=False)
    for name, value in AZURE.items():
        monkeypatch.setenv(name, value)
    yield tmp_path
    exported.export({})
    monkeypatch.undo()
    assert _environment() == before


@pytest.mark.parametrize("name", IDENTITY)
def test_dotenv_works_as_if_it_had_been_exported(process: Path, name: str) -> None:
    (process / ".env").write_text(f"A=1\n{name}={CANARY}\n")
    for _ in range(2):  # the second finds it in the environment, and knows where it is from
        settings = load_settings()
        assert os.environ[name] == CANARY
        row = {line.key: line for line in explain(settings)}[name]
        assert row.origin == f"{name} in .env:2"
        assert row.value == ("***" if "SECRET" in name else CANARY)
    (process / ".env").write_text("")
    assert name not in {line.key for line in explain(load_settings())}
    assert name not in os.environ


def test_the_environment_comes_first_and_is_told_too(
    process: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (process / ".env").write_text("AZURE_CLIENT_ID=one\nHTTPS_PROXY=http://dotenv:1\n")
    monkeypatch.setenv("AZURE_CLIENT_ID", "two")
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:{CANARY}@proxy.example:3128")
    rows = {line.key: (line.value, line.origin) for line in explain(load_settings())}
    assert rows["AZURE_CLIENT_ID"] == ("two", "AZURE_CLIENT_ID")
    assert rows["HTTPS_PROXY"] == ("http://***@proxy.example:3128", "HTTPS_PROXY")
    assert os.environ["AZURE_CLIENT_ID"] == "two"


def test_nothing_is_exported_that_nobody_reads(
    process: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (process / ".env").write_text("AZURE_CLIENT_ID=one\nOTHER=two\n")
    monkeypatch.setenv("INGENIOUS_STORAGE__TYPE", "local")
    load_settings()
    assert "AZURE_CLIENT_ID" not in os.environ
    load_settings(environ=AZURE)
    assert "AZURE_CLIENT_ID" not in os.environ
    monkeypatch.setenv("INGENIOUS_STORAGE__TYPE", "azure_blob")
    load_settings()
    assert os.environ["AZURE_CLIENT_ID"] == "one"
    assert "OTHER" not in os.environ
