"""Empty text, such as an unset variable of a script gives, never stands for a default."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click
import pytest

from ingenious_ops.cli.words import VARIABLES
from tests.ops.cli.harness import Cli
from tests.ops.cli.test_tree import walk

MAY_BE_EMPTY: Final = {("memory append", "content"): "a message may say nothing"}
"""With the reason."""

_IO: Final = frozenset(
    {"open", "os.mkdir", "os.listdir", "os.scandir", "socket.connect", "subprocess.Popen"}
)
_seen: list[tuple[str, Any]] | None = None


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if _seen is not None and event in _IO:
        _seen.append((event, args[0]))


sys.addaudithook(_watch)


@contextmanager
def without_io() -> Iterator[None]:
    """Fails when the block opens a file, lists a folder, connects, or starts a program."""
    global _seen  # noqa: PLW0603  # an audit hook stays for good
    _seen = []
    try:
        yield
        assert _seen == []
    finally:
        _seen = None


def cases(name: str, command: click.Command) -> Iterator[tuple[click.Parameter, list[str]]]:
    """Every option and argument that takes a text, and how it is given empty."""
    before: list[str] = []
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            words = [*before, ""]
            before.append("1")
        elif isinstance(parameter, click.Option) and not parameter.is_flag:
            words = [max(parameter.opts, key=len), ""]
        else:
            continue
        if (name, parameter.name) not in MAY_BE_EMPTY:
            yield parameter, words


@pytest.fixture(scope="module")
def commands() -> dict[str, click.Command]:
    """Of the whole tree, by name; not while tests are collected, for it imports all of it."""
    return {" ".join(path): command for path, command in walk()}


def test_empty_text_is_a_usage_error_before_any_io(
    cli: Cli, commands: dict[str, click.Command]
) -> None:
    seen = set()
    for name, command in commands.items():
        for parameter, words in cases(name, command):
            with without_io():
                error = cli.error(*name.split(), *words, code=2)
            assert error["code"] == "usage", (name, words)
            assert error["message"] == (
                f"Invalid value for {parameter.get_error_hint(click.Context(command))}: "
                "it is empty. Is the variable set that it comes from?"
            )
            seen.add((name, parameter.name))
    assert seen >= {
        *((name, option) for name in commands for option in ("profile", "config", "profiles")),
        ("memory show", "conversation"),
        ("infra up", "stack"),
        ("infra profile", "name"),
        ("migrate run", "source"),
        ("audit", "exclude"),
        ("health serve", "host"),
    }
    assert len(seen) > 300


@pytest.mark.parametrize("words", [["--stack="], ["--stack", "dev", "--name", "x", "--name="]])
def test_in_its_other_spellings(cli: Cli, words: list[str]) -> None:
    assert "it is empty" in cli("infra", "profile", *words, code=2).stderr


def test_one_of_several_values_may_not_be_empty(cli: Cli) -> None:
    args = ("memory", "save", "c", "-", "--tag", "a", "--tag", "")
    assert "'--tag': it is empty" in cli(*args, stdin="{}", code=2).stderr
    assert "it is empty" in cli("memory", "prune", "a", "", "--keep", "1", code=2).stderr
    assert cli("memory", "ls").stdout == ""


def test_where_empty_text_is_a_text_it_is_taken(
    cli: Cli, commands: dict[str, click.Command]
) -> None:
    for name, parameter in MAY_BE_EMPTY:
        assert parameter in {each.name for each in commands[name].params}
    cli("memory", "append", "c", "--role", "user", "--content", "")
    assert cli.data("memory", "show", "c")["memory"] == {
        "messages": [{"role": "user", "content": ""}]
    }


@pytest.mark.parametrize("option", VARIABLES)
def test_an_empty_variable_is_a_usage_error_before_any_io(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.setenv(VARIABLES[option], "")
    with without_io():
        error = cli.error("memory", "save", "c", "nothing.json", code=2)
    assert error["message"] == (
        f"the variable {VARIABLES[option]} is set, but empty: give it a value, or unset it"
    )


def test_every_variable_of_an_option_is_among_them(commands: dict[str, click.Command]) -> None:
    assert {parameter.envvar for command in commands.values() for parameter in command.params} - {
        None
    } <= {*VARIABLES.values(), "INGENIOUS_AUTHOR"}  # test_memory_commands.py


def test_an_option_comes_before_an_empty_variable(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.write("profiles.yml", "profiles: {here: {storage: {type: local, base_path: there}}}")
    monkeypatch.setenv("INGENIOUS_PROFILE", "")
    monkeypatch.setenv("INGENIOUS_AUTHOR", "")
    args = ("memory", "save", "c", "-", "--author", "me")
    cli("--profile", "here", *args, stdin="{}")
    assert (cli.folder / "there").is_dir()
    assert not Path("data").exists()
