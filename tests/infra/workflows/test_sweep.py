"""The sweeper: what it deletes, and what it leaves alone."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.infra.workflows import sweep
from tests.infra.workflows.files import fake, needs_bash

NOW = 1_800_000_000.0
TAGS = {
    "ephemeral": "true",
    "workload": "nightly",
    "managed-by": "pulumi",
    "stack": "ci-1",
    "made-at": str(int(NOW) - 100_000),
}


def _group(**changes: str | None) -> dict[str, Any]:
    tags = {**TAGS, **{key.replace("_", "-"): value for key, value in changes.items()}}
    return {"name": "rg", "tags": {key: value for key, value in tags.items() if value is not None}}


def test_a_night_is_swept() -> None:
    assert sweep.old_groups([_group()], NOW) == ["rg"]


@pytest.mark.parametrize(
    "group",
    [
        _group(made_at=str(int(NOW) - 80_000)),
        _group(made_at=None),
        _group(made_at="soon"),
        _group(stack="prod"),
        _group(workload="ingenious"),
        _group(ephemeral=None),
        {"name": "rg", "tags": None},
    ],
)
def test_everything_else_stays(group: dict[str, Any]) -> None:
    assert sweep.old_groups([group], NOW) == []


def test_only_stacks_of_nights_long_gone() -> None:
    def stack(name: str, hours: float) -> dict[str, str]:
        when = datetime.fromtimestamp(NOW - hours * 3600, UTC)
        return {"name": name, "lastUpdate": when.isoformat().replace("+00:00", "Z")}

    stacks = [stack("ci-1", 25), stack("ci-2", 23), stack("prod", 900), stack("dev", 25)]
    assert sweep.old_stacks(stacks, NOW) == ["ci-1"]


@needs_bash
@pytest.mark.parametrize("code", [0, 1])
def test_a_stack_is_kept_while_its_group_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "groups.json").write_text(json.dumps([_group(made_at="1")]))
    old = {"name": "ci-1", "lastUpdate": "2020-01-01T00:00:00.000Z"}
    (tmp_path / "stacks.json").write_text(json.dumps([old]))
    log = 'echo "$(basename "$0") $*" >>log.txt\n'
    az = f'{log}[ "$2" = list ] && exec cat groups.json; exit {code}'
    fake(tmp_path, {"az": az, "pulumi": f'{log}[ "$4" = ls ] && exec cat stacks.json; exit 0'})
    assert sweep.main() == code
    changed = [line for line in Path("log.txt").read_text().splitlines() if "--yes" in line]
    group = "az group delete --yes --name rg"
    stack = "pulumi -C infra stack rm ci-1 --force --yes"
    assert changed == ([group] if code else [group, stack])
