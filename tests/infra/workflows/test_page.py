"""docs/infrastructure.md says what is there: commands, variables, numbers, files."""

from __future__ import annotations

import importlib
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from ingenious_ops.cli.app import root
from tests.infra.workflows.files import ROOT, WORKFLOWS
from tests.support import real_accounts

PAGE = (ROOT / "docs/infrastructure.md").read_text(encoding="utf-8")
ENVIRONMENTS = importlib.import_module(
    "ingenious_infra.environments"
).ENVIRONMENTS  # of infra/, by its conftest
KEY_VERSION_DAYS = importlib.import_module("ingenious_infra.components.lifecycle").KEY_VERSION_DAYS
COMMANDS = re.findall(r"ingenious-storage ((?:infra|memory|prompts|verify)[^`\n]*)", PAGE)


@pytest.mark.parametrize("command", sorted(set(COMMANDS)))
def test_a_command_exists(command: str) -> None:
    words = shlex.split(re.split(r"\s{2,}|;", command)[0])
    context = click.Context(root, **root.context_settings)
    found: click.Command = root
    while words and isinstance(found, click.Group):
        inner = found.get_command(context, words.pop(0))
        assert inner is not None, command
        context, found = click.Context(inner, parent=context), inner
    required = [each for each in found.params if each.required and each.name == "stack"]
    if words or not required:
        found.make_context(str(found.name), words, parent=context)


def test_the_shell_is_sound(tmp_path: Path) -> None:
    blocks = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) > 5
    script = tmp_path / "page.sh"
    script.write_text("#!/usr/bin/env bash\n" + "\n".join(blocks))
    shellcheck = shutil.which("shellcheck", path=str(Path(sys.executable).parent))
    assert shellcheck
    # Names without spaces stay unquoted on the page, and a `cd infra` is typed by hand.
    done = subprocess.run(
        [shellcheck, "--exclude=SC2086,SC2164", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_variables_are_the_ones_that_are_read() -> None:
    read = {v for k, v in vars(real_accounts).items() if k.isupper() and k[0] != "_"}
    assert set(re.findall(r"INGENIOUS_TEST_\w+", PAGE)) == read
    workflows = "".join(path.read_text() for path in WORKFLOWS.glob("*.yml"))
    table = PAGE.partition("### GitHub")[2].partition("### The stacks")[0]
    used = set(re.findall(r"vars\.(\w+)", workflows))
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert used == set(re.findall(r"`(\w+)`", "".join(rows)))


def test_the_time_until_a_purged_blob_is_gone() -> None:
    days = "version days + `blob_retention_days`"
    for row, field in (
        (f"head: {days}", "head_version_days"),
        (f"history: {days}", "history_version_days"),
        ("the keys that `keys destroy` destroyed: as history", "history_version_days"),
    ):
        cells = [
            f"{getattr(environment, field)} + {environment.blob_retention_days}"
            for environment in ENVIRONMENTS.values()
        ]
        assert f"{row} | {' | '.join(cells)} |" in PAGE
    keys = [f"{KEY_VERSION_DAYS} + {each.blob_retention_days}" for each in ENVIRONMENTS.values()]
    assert f", and with it all of the above | {' | '.join(keys)} |" in PAGE


def test_the_costs_of_a_thousand_saves() -> None:
    prices = {"dev": (0.02, 0.05, 0.0), "test": (0.026, 0.065, 0.0), "prod": (0.045, 0.10, 0.02)}
    rows: list[list[float]] = [[], [], [], [], [], []]
    for name, (capacity, write, copying) in prices.items():
        environment = ENVIRONMENTS[name]
        soft = environment.blob_retention_days
        days = environment.head_version_days + soft
        values = (0.05 * days / 30, 0.05 * days / 30 * capacity, 0.103 * write + 0.05 * copying)
        daily = (0.05 * days, 0.05 * days * capacity, 0.05 * (90 + soft))
        for row, value in zip(rows, (*values, *daily), strict=True):
            row.append(value)
    table = PAGE.partition("| | dev, V 1, S 7 |")[2]
    lines = [line for line in table.splitlines() if line.startswith(("| once", "| every", "| the"))]
    for line, values_of_row in zip(lines, rows, strict=True):
        told = [float(cell) for cell in line.split("|")[2:5]]
        assert told == pytest.approx(values_of_row, rel=0.05), line


def test_its_links_lead_somewhere() -> None:
    for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", PAGE):
        assert (ROOT / "docs" / link).exists(), link
