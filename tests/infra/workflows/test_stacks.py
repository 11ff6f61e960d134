"""Workflows on stacks: what they do, and with which commands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from ingenious_ops.cli.app import root
from tests.infra.workflows.files import fake, job, jobs, needs_bash, run, step

COMMENT = step("infra-preview/comment", "Comment")["run"]


def test_an_environment_goes_after_the_one_before_it() -> None:
    chain = [("dev", "preview"), ("test", "dev"), ("prod", "test")]
    for stack, before in chain:
        found = job(f"infra-deploy/{stack}")
        assert found["needs"] == before
        assert found["with"] == {"stack": stack, "environment": stack, "command": "up"}
    ups = [name for name, found in jobs() if found.get("with", {}).get("command") == "up"]
    assert ups == [f"infra-deploy/{stack}" for stack, _ in chain]


def test_a_preview_comes_right_before_the_up() -> None:
    steps = [each.get("name") for each in job("infra-stack/run")["steps"]]
    assert steps[steps.index("Up") - 1] == "Preview"
    assert step("infra-stack/run", "Preview")["if"] == "inputs.command != 'drift'"
    assert step("infra-stack/run", "Up")["if"] == "inputs.command == 'up'"


def _commands() -> Iterator[list[str]]:
    for _, found in jobs():
        for each in found.get("steps", []):
            for line in re.findall(r"ingenious-storage (infra [^|\n]*)", each.get("run", "")):
                line = line.replace("$STACK", "dev")  # noqa: PLW2901  # as the job has it
                yield [word for word in shlex.split(line) if not word.startswith("2>")]


def test_the_commands_exist() -> None:
    seen = set()
    for name, *words in (words[1:] for words in _commands()):
        context = click.Context(root, **root.context_settings)
        group = root.get_command(context, "infra")
        assert isinstance(group, click.Group)
        command = group.get_command(context, name)
        assert command is not None, name
        command.make_context(name, list(words), parent=context)
        seen.add(name)
    assert seen == {"preview", "up", "destroy", "drift", "profile"}


def test_the_night_ends_with_nothing_left() -> None:
    *_, sign_in, destroy = job("nightly-azure/contract")["steps"]
    assert sign_in["if"] == destroy["if"] == "always()"
    assert "infra destroy" in destroy["run"]
    assert destroy["run"].strip().endswith('stack rm "$STACK" --yes')


@needs_bash
@pytest.mark.parametrize("size", [100, 1_000_000])
def test_the_comment_fits_and_cannot_be_broken_out_of(tmp_path: Path, size: int) -> None:
    fake(tmp_path, {"gh": 'echo "$@" >called.txt'})
    (tmp_path / "preview-dev.txt").write_text("```\n<script>\n" + "a line of a preview\n" * size)
    (tmp_path / "preview-test.txt").write_text("x" * size)
    done = run(COMMENT, tmp_path, NUMBER="7")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "called.txt").read_text().startswith("pr comment 7 --edit-last")
    text = (tmp_path / "comment.md").read_text()
    assert len(text) < 65_536
    ours = ("**Preview of ", "It failed before it could say anything")
    assert all(line.startswith(("    ", *ours)) for line in text.splitlines() if line)
    assert text.count("It failed before") == 1
