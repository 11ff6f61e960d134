"""A variable that is not set stops a job before its first program is asked anything."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.infra.workflows.files import job, jobs, needs_bash, run

pytestmark = needs_bash

GIVEN = re.compile(r"\$\{\{ *((?:vars|inputs)\.\w+) *\}\}")
REFUSE = "Refuse what is not set"


def guarded() -> list[str]:
    """The jobs with steps that get a variable of the repository, or an input."""
    return [name for name, found in jobs() if GIVEN.search(repr(found.get("steps", [])))]


def sources(found: dict[str, Any]) -> dict[str, str]:
    """What the first step reads, by name: its own variables and the job's."""
    return {**found.get("env", {}), **found["steps"][0].get("env", {})}


def test_the_jobs_that_touch_a_cloud_are_guarded() -> None:
    assert guarded() == [
        "infra-stack/run",
        "nightly-azure/contract",
        "nightly-azure/sweep",
        "nightly-buckets/s3",
        "nightly-buckets/gcs",
    ]


@pytest.mark.parametrize("name", guarded())
def test_every_variable_of_a_job_is_refused_when_it_is_empty(name: str, tmp_path: Path) -> None:
    found = job(name)
    first = found["steps"][0]
    assert first["name"] == REFUSE
    checked = re.search(r"for name in ((?:[A-Z_]+|\s|\\)+); do", first["run"])
    assert checked
    names = checked[1].replace("\\", " ").split()
    given = sources(found)
    covered = {each for checked in names for each in GIVEN.findall(given[checked])}
    assert set(GIVEN.findall(repr(found))) - {"inputs.environment"} <= covered
    values = dict.fromkeys(names, "x")
    assert run(first["run"], tmp_path, **values).returncode == 0
    for empty in names:
        for changed in ({**values, empty: ""}, {k: v for k, v in values.items() if k != empty}):
            done = run(first["run"], tmp_path, **changed)
            assert done.returncode == 1
            assert done.stdout.startswith(f"::error::{empty} is empty")
