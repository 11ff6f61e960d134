"""A command that an error, a help text or a docstring names can be typed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from ingenious_ops.cli.app import NAME, root
from tests.ops.cli.test_explain import SOURCES

GROUPS = {
    name
    for name in root.list_commands(click.Context(root))
    if isinstance(root.get_command(click.Context(root), name), click.Group)
}


def named() -> Iterator[tuple[str, Path]]:
    """What stands in backticks and begins with our name, or with that of a group of commands."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for command in re.findall(r"`([^`]+)`", text_of(node)):
                words = command.split()
                if words[0] == NAME or (len(words) > 1 and words[0] in GROUPS):
                    yield command.removeprefix(f"{NAME} "), path


def text_of(node: ast.AST) -> str:
    """A text, also of an f-string: X stands for what is put in."""
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(value) or "X" for value in node.values)
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return str(node.value) if is_text else ""  # type: ignore[attr-defined]


def check(command: str) -> None:
    """Raises LookupError for a command or option that there is not."""
    node: click.Command = root
    for word in command.partition(" -- ")[0].split():
        if isinstance(node, click.Group) and word.isupper():
            return  # stands for any
        if isinstance(node, click.Group) and not word.startswith("-"):
            inner = node.get_command(click.Context(node), word)
            if inner is None:
                raise LookupError(word)
            node = inner
        elif word.startswith("--"):
            known = {opt for option in node.params for opt in (*option.opts, "--help")}
            if word.partition("=")[0] not in known:
                raise LookupError(word)


def test_every_command_that_is_named_exists() -> None:
    found = [(command, path) for command, path in named() if command != NAME]
    assert len(found) > 50
    wrong = []
    for command, path in found:
        try:
            check(command)
        except LookupError as error:
            wrong.append(f"{path.name}: `{command}` has no {error}")
    assert wrong == []


@pytest.mark.parametrize("command", ["memory list", "gc --all", "repare"])
def test_one_that_does_not_exist_is_found_out(command: str) -> None:
    with pytest.raises(LookupError):
        check(command)
