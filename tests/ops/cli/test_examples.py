"""Examples below every `--help`, of which each is a command that exists and parses."""

from __future__ import annotations

import shlex

import pytest

from ingenious_ops.cli import root
from ingenious_ops.cli.app import NAME
from ingenious_ops.cli.examples import EXAMPLES
from ingenious_ops.cli.groups import Group
from tests.ops.cli.harness import Cli
from tests.ops.cli.test_tree import walk


def test_every_command_and_group_has_examples_and_shows_them(cli: Cli) -> None:
    names = {".".join(path) for path, _ in walk()}
    assert set(EXAMPLES) == names, "ops/ingenious_ops/cli/examples.py"
    for name, lines in EXAMPLES.items():
        shown = cli(*name.split("."), "--help").stdout if name else cli("--help").stdout
        _, _, below = shown.partition("\nExamples:\n")
        for line in lines:
            assert f"\n  {NAME} {line}\n" in f"\n{below}", name


@pytest.mark.parametrize("line", sorted({line for lines in EXAMPLES.values() for line in lines}))
def test_an_example_is_right_usage(cli: Cli, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    for name in ("backup", "workspace", "prompts/quickstart-1", "new", "src"):
        (cli.folder / name).mkdir(parents=True)
    ctx = root.make_context(NAME, shlex.split(line), **root.context_settings)
    while isinstance(ctx.command, Group):
        words = [*ctx._protected_args, *ctx.args]
        _, command, rest = ctx.command.resolve_command(ctx, words)
        assert command is not None
        ctx = command.make_context(command.name or "", rest, parent=ctx)
    assert ctx.command_path.startswith(NAME)


def test_an_example_is_of_its_command() -> None:
    for name, lines in EXAMPLES.items():
        for line in lines:
            if name:
                assert line.startswith(name.replace(".", " ")), name
