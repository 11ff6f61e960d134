"""Every way in which a configuration can be there and be of no use is an error with its source.

The table has a row for each source and a column for each kind of fault; what cannot happen says
why. So a new source, or a new kind of fault, cannot be forgotten.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from ingenious_storage.config.sources import reading
from tests.library.config.conftest import Load
from tests.library.config.refusals import CANARY, refused

FAULTS = (
    "unreadable",
    "folder",
    "dangling link",
    "missing though named",
    "empty name",
    "pipe without a writer",
    "not UTF-8",
    "too long",
    "syntax",
    "there twice",
    "unknown key",
    "wrong type",
    "empty",
    "unset variable",
    "contradictory",
)
FILES = {
    ".env": ".env",
    "config.yml": "config.yml",
    "profiles.yml": "profiles.yml",
    "~/.ingenious/profiles.yml": "home/.ingenious/profiles.yml",
    "--config": "named.yml",
    "--profiles": "named.yml",
    "INGENIOUS_CONFIG": "named.yml",
    "INGENIOUS_PROFILES": "named.yml",
    "INGENIOUS_CONFIG in .env": "named.yml",
    "INGENIOUS_PROFILES in .env": "named.yml",
}
CHOICES = ("--profile", "INGENIOUS_PROFILE", "INGENIOUS_PROFILE in .env")
SOURCES = ("arguments", "environment", *FILES, *CHOICES)


@dataclass(frozen=True)
class Case:
    said: str
    content: str | bytes | None = None
    arrange: Callable[[Path], object] | None = None
    options: dict[str, Any] = field(default_factory=dict)


# What a file can be.


def loop(path: Path) -> None:
    path.symlink_to(path.name)  # also root cannot read it


FILE_FAULTS = {
    "unreadable": Case("{} cannot be read: Too many levels of symbolic links", arrange=loop),
    "folder": Case("{} cannot be read: Is a directory", arrange=Path.mkdir),
    "dangling link": Case(
        "{} cannot be read: No such file", arrange=lambda path: path.symlink_to("nowhere")
    ),
    "pipe without a writer": Case("{} cannot be read: nobody wrote it", arrange=os.mkfifo),
    "not UTF-8": Case("{}:2: not text in UTF-8", f"# {CANARY}\n# caf\xe9".encode("latin-1")),
    "too long": Case("{}:1: longer than", b"#" * (reading.MAX_BYTES + 1)),
}
YAML_FAULTS = {
    "syntax": Case("{}:2: not valid YAML", f"storage:\n  type: '{CANARY}' x\n"),
    "there twice": Case(
        "{}:3: storage repeats the key of line 2", "storage:\n  workers: 1\n  workers: 2"
    ),
    "unknown key": Case("storage.worker ({}:1) is not a key", "storage: {worker: 1}"),
    "wrong type": Case("storage.workers ({}:1): ", f"storage: {{workers: {CANARY}}}"),
    "empty": Case("storage.type ({}:1): ", 'storage: {type: ""}'),
    "unset variable": Case(
        "{}:1: storage.base_path needs the variable UNSET", "storage: {base_path: '${UNSET}/x'}"
    ),
    "contradictory": Case(
        "storage.container_data ({}:1) and storage.container_revisions ({}:1) are the same",
        "storage: {container_data: one, container_revisions: one}",
    ),
}
DOTENV_FAULTS = {
    "syntax": Case(
        "{}:2: not a line of the form NAME=VALUE", f'A=1\nINGENIOUS_STORAGE__TYPE="{CANARY}\n'
    ),
    "there twice": Case(
        "{}:3: INGENIOUS_STORAGE__WORKERS has another value than in line 1",
        "INGENIOUS_STORAGE__WORKERS=1\nA=1\nINGENIOUS_STORAGE__WORKERS=2\n",
    ),
    "unknown key": Case(
        "storage.worker (INGENIOUS_STORAGE__WORKER in {}:1) is not a key",
        "INGENIOUS_STORAGE__WORKER=1",
    ),
    "wrong type": Case(
        "storage.workers (INGENIOUS_STORAGE__WORKERS in {}:1): ",
        f"INGENIOUS_STORAGE__WORKERS={CANARY}",
    ),
    "empty": Case(
        "INGENIOUS_STORAGE__TYPE in {}:1 is given, but empty", "INGENIOUS_STORAGE__TYPE="
    ),
    "unset variable": Case(
        "{}:1: INGENIOUS_STORAGE__BASE_PATH needs the variable UNSET, which is not set",
        "INGENIOUS_STORAGE__BASE_PATH=${UNSET}/mem",
    ),
    "contradictory": Case(
        "AZURE_STORAGE_ACCOUNT_NAME in {}:1 and INGENIOUS_STORAGE__ACCOUNT_NAME in {}:2 differ",
        "AZURE_STORAGE_ACCOUNT_NAME=one\nINGENIOUS_STORAGE__ACCOUNT_NAME=two",
    ),
}


ARGUMENT_FOR = {
    f"--{name}": f"the argument {name} is given" for name in ("config", "profiles", "profile")
}


def naming(source: str, file: str) -> dict[str, Any]:
    """The options of `load` by which a source names a file; none for a usual place."""
    name = source.removesuffix(" in .env")
    if source.startswith("--"):
        return {f"{source[2:]}_path": file}
    if source.endswith(" in .env"):
        return {"dotenv": f"{name}={file}"}
    return {"environ": {name: file}} if source.startswith("INGENIOUS_") else {}


def file_cases(source: str, file: str) -> dict[str, Case]:
    content = DOTENV_FAULTS if source == ".env" else YAML_FAULTS
    options = naming(source, file)
    by = "" if source.startswith("--") else f", named by {source}"
    cases = {
        fault: Case(each.said.replace("{}", file), each.content, each.arrange, options)
        for fault, each in {**FILE_FAULTS, **content}.items()
    }
    if options:
        cases["missing though named"] = Case(f"named.yml{by}", options=options)
        empty = Case(ARGUMENT_FOR.get(source, source), options=naming(source, ""))
        cases["empty name"] = empty
    return cases


# What is in no file.

ARGUMENTS = {
    "unknown key": Case(
        "storage.worker (argument) is not a key", options={"overrides": {"storage.worker": 1}}
    ),
    "wrong type": Case(
        "storage.workers (argument): ", options={"overrides": {"storage.workers": CANARY}}
    ),
    "empty": Case(
        "storage.tenant_id (argument) is given, but empty",
        options={"overrides": {"storage.tenant_id": " "}},
    ),
    "unset variable": Case(
        "storage.base_path (argument): a path with a variable",
        options={"overrides": {"storage.base_path": "${UNSET}/mem"}},
    ),
    "contradictory": Case(
        "storage.container_data (argument) and storage.container_revisions (argument) are the same",
        options={
            "overrides": {"storage.container_data": "one", "storage.container_revisions": "one"}
        },
    ),
}


def environment(said: str, **variables: str) -> Case:
    return Case(said, options={"environ": variables})


ENVIRONMENT = {
    "there twice": environment(
        "INGENIOUS_STORAGE__WORKERS and ingenious_storage__workers differ",
        INGENIOUS_STORAGE__WORKERS="1",
        ingenious_storage__workers="2",
    ),
    "unknown key": environment(
        "storage.worker (INGENIOUS_STORAGE__WORKER) is not a key", INGENIOUS_STORAGE__WORKER="1"
    ),
    "wrong type": environment(
        "storage.workers (INGENIOUS_STORAGE__WORKERS): ", INGENIOUS_STORAGE__WORKERS=CANARY
    ),
    "empty": environment("INGENIOUS_STORAGE__TYPE is given, but empty", INGENIOUS_STORAGE__TYPE=""),
    "unset variable": environment(
        "storage.base_path (INGENIOUS_STORAGE__BASE_PATH): a path with a variable",
        INGENIOUS_STORAGE__BASE_PATH="${UNSET}/mem",
    ),
    "contradictory": environment(
        "AZURE_STORAGE_ACCOUNT_NAME and INGENIOUS_STORAGE__ACCOUNT_NAME differ",
        AZURE_STORAGE_ACCOUNT_NAME="one",
        INGENIOUS_STORAGE__ACCOUNT_NAME="two",
    ),
}
PROFILE = "profiles: {dev: {}}"


def choice_cases(source: str) -> dict[str, Case]:
    def choose(text: str) -> dict[str, Any]:
        if source == "--profile":
            return {"profile": text, "profiles": PROFILE}
        if source == "INGENIOUS_PROFILE":
            return {"environ": {"INGENIOUS_PROFILE": text}, "profiles": PROFILE}
        return {"dotenv": f"INGENIOUS_PROFILE={text}", "profiles": PROFILE}

    by = "" if source == "--profile" else f", named by {source}"
    cases = {
        "missing though named": Case(f"there is no profile 'prod'{by}", options=choose("prod")),
        "empty": Case(ARGUMENT_FOR.get(source, source), options=choose("")),
        "unset variable": Case("there is no profile '${UNSET}'", options=choose("${UNSET}")),
    }
    if source.endswith(" in .env"):
        cases["unset variable"] = Case(
            ".env:1: INGENIOUS_PROFILE needs the variable UNSET", options=choose("${UNSET}")
        )
        cases["syntax"] = Case(".env:1: not a line", options=choose('"prod'))
        cases["there twice"] = Case(
            ".env:2: INGENIOUS_PROFILE has another value than in line 1",
            options=choose("dev\nINGENIOUS_PROFILE=prod"),
        )
    return cases


TABLE: dict[tuple[str, str], Case] = {
    (source, fault): case
    for source, cases in {
        "arguments": ARGUMENTS,
        "environment": ENVIRONMENT,
        **{source: file_cases(source, file) for source, file in FILES.items()},
        **{source: choice_cases(source) for source in CHOICES},
    }.items()
    for fault, case in cases.items()
}

NO_FILE = "it is in no file"
NO_TEXT = "it is no text that is parsed"
USUAL = "nobody named it: without it there is nothing to read"
ONE_NAME = "it holds the name of one file or profile; the file has its own rows"
IMPOSSIBLE: dict[tuple[str, str], str] = {
    **{
        (source, fault): NO_FILE
        for source in ("arguments", "environment", *CHOICES)
        for fault in (*FILE_FAULTS, "missing though named", "empty name")
    },
    **{(source, "syntax"): NO_TEXT for source in ("arguments", "environment", *CHOICES[:2])},
    ("arguments", "there twice"): "a mapping has each key once",
    **{
        (source, fault): USUAL
        for source in FILES
        for fault in ("missing though named", "empty name")
    },
    **{(source, "there twice"): NO_TEXT for source in CHOICES[:2]},
    **{
        (source, fault): ONE_NAME
        for source in CHOICES
        for fault in ("unknown key", "wrong type", "contradictory")
    },
}
IMPOSSIBLE = {place: why for place, why in IMPOSSIBLE.items() if place not in TABLE}


def test_the_table_is_complete() -> None:
    assert TABLE.keys() | IMPOSSIBLE.keys() == set(product(SOURCES, FAULTS))


@pytest.mark.parametrize(("source", "fault"), TABLE)
def test_it_is_an_error_that_names_its_source(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, fault: str
) -> None:
    case = TABLE[source, fault]
    monkeypatch.setattr(reading, "TELL_AFTER", 0.01)
    monkeypatch.setattr(reading, "GIVE_UP_AFTER", 0.05)
    (tmp_path / "home/.ingenious").mkdir()
    if case.arrange is not None:
        case.arrange(tmp_path / FILES[source])
    elif case.content is not None:
        data = case.content.encode() if isinstance(case.content, str) else case.content
        (tmp_path / FILES[source]).write_bytes(data)
    refused(lambda: load(**case.options), case.said)
