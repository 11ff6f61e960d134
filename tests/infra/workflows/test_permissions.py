"""Permissions of the workflows at Azure. What actionlint and zizmor check is not repeated."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.infra.workflows import lint
from tests.infra.workflows.files import ROOT, WORKFLOWS, job, jobs, load, workflows

SIGN_IN = {
    "infra-stack/run",
    "infra-preview/preview",
    "infra-deploy/preview",
    "infra-deploy/dev",
    "infra-deploy/test",
    "infra-deploy/prod",
    "nightly-azure/contract",
    "nightly-azure/sweep",
    "nightly-azure/drift",
    "nightly-buckets/s3",
    "nightly-buckets/gcs",
    "release/publish",
}
BAD = """
on: pull_request
permissions: {}
jobs:
  greet:
    name: Greet
    runs-on: ubuntu-latest
    steps:
      - run: %s
"""


def test_only_these_jobs_get_a_token() -> None:
    assert {name for name, job in jobs() if "id-token" in job["permissions"]} == SIGN_IN


def test_nothing_is_kept_in_secrets_and_no_fork_gets_more_than_its_own() -> None:
    for name, workflow in workflows().items():
        text = (WORKFLOWS / f"{name}.yml").read_text()
        assert "secrets." not in text
        assert "secrets: inherit" not in text
        assert not {"pull_request_target", "workflow_run"} & set(workflow["on"])
        assert workflow["permissions"] == {}


def test_each_token_is_bound_to_an_environment() -> None:
    for name in SIGN_IN:
        found = job(name)
        assert found.get("environment") or found["with"]["environment"], name


def test_previews_and_drift_use_the_identities_that_only_read() -> None:
    for name in ("infra-preview/preview", "infra-deploy/preview", "nightly-azure/drift"):
        assert job(name)["with"]["environment"] == "preview-${{ matrix.stack }}"
        assert job(name)["with"]["command"] in {"preview", "drift"}


def test_a_fork_previews_nothing_and_the_commenter_runs_no_code() -> None:
    same = "github.event.pull_request.head.repo.full_name == github.repository"
    assert same in job("infra-preview/preview")["if"]
    comment = job("infra-preview/comment")
    assert set(comment["permissions"]) == {"pull-requests"}
    used = [step["uses"].partition("@")[0] for step in comment["steps"] if "uses" in step]
    assert used == ["actions/download-artifact"]


def test_every_job_ends_and_its_own_actions_exist() -> None:
    for name, found in jobs():
        assert "uses" in found or "timeout-minutes" in found, name
        for each in [found, *found.get("steps", [])]:
            if (uses := each.get("uses", "")).startswith("$/"):
                path = ROOT / uses[2:]
                assert path.is_file() or (path / "action.yml").is_file()


def test_an_action_has_one_version() -> None:
    pins: dict[str, set[str]] = {}
    for path in (ROOT / ".github").rglob("*.yml"):
        for action, pin in re.findall(r"uses: ([\w./-]+)@(\S+ # \S+)", path.read_text()):
            pins.setdefault(action, set()).add(pin)
    assert pins
    assert {action: found for action, found in pins.items() if len(found) > 1} == {}


def test_pulumi_is_the_version_that_the_tests_run() -> None:
    pinned = re.search(r"pulumi/pkg/v3 v(\S+)", (ROOT / "infra/tools/go.mod").read_text())
    assert pinned
    setup = load(ROOT / ".github/actions/azure/action.yml")["runs"]["steps"]
    steps = [*setup, *job("ci/infra")["steps"]]
    used = [each["with"]["pulumi-version"] for each in steps if "pulumi/" in each.get("uses", "")]
    assert used == [pinned[1], pinned[1]]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("echo ${{ github.event.pull_request.title }}", "template-injection"),
        ("echo $UNQUOTED", "SC2086"),
        ("echo ${{ github.nothing }}", '"nothing" is not defined'),
    ],
)
def test_the_linters_find_what_is_wrong(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], line: str, rule: str
) -> None:
    if rule != "template-injection" and shutil.which("go") is None:
        pytest.skip("Go is missing: it builds actionlint")
    folder = tmp_path / ".github"
    (folder / "workflows").mkdir(parents=True)
    (folder / "workflows" / "bad.yml").write_text(BAD % line)
    assert lint.main(folder) != 0
    assert rule in capfd.readouterr().out
