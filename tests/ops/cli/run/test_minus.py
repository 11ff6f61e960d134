"""Ids that begin with a minus, as chat platforms have them."""

from __future__ import annotations

import click
import pytest

from ingenious_ops.cli import root
from tests.ops.cli.harness import Cli
from tests.ops.cli.test_tree import leaves, walk

CHAT = "-1001234567890"


def test_the_life_of_a_conversation_with_a_negative_id(cli: Cli) -> None:
    cli("memory", "save", CHAT, "-", stdin='{"messages": []}')
    cli("memory", "append", CHAT, "--role", "user", "--content", "-5")
    assert cli.data("memory", "show", CHAT, "-r", "1")["memory"] == {"messages": []}
    assert cli.data("memory", "show", "-r", "2", CHAT)["memory"]["messages"][0]["content"] == "-5"
    assert cli.data("memory", "history", CHAT, "-n", "1")["conversation"] == CHAT
    cli("memory", "diff", CHAT, "1", "2")
    cli("memory", "rollback", CHAT, "1", "-m", "-3 days")
    assert cli.data("memory", "history", CHAT)["revisions"][0]["message"] == "-3 days"
    cli("memory", "rm", CHAT)
    cli("memory", "restore", CHAT)
    cli("memory", "export", "out", CHAT)
    cli("memory", "prune", CHAT, "--keep", "1", "--yes")
    cli("memory", "purge", CHAT, "--yes")
    assert cli.data("memory", "ls")["conversations"] == []


def test_no_option_begins_with_a_minus_and_a_digit() -> None:
    for path, command in walk():
        for parameter in command.params:
            assert not any(each[:2] in {f"-{n}" for n in range(10)} for each in parameter.opts), (
                path
            )


def test_every_argument_that_takes_any_text_takes_it() -> None:
    """It is not taken for an option: what else is wrong with the word is said of the word."""
    for path, command in leaves():
        words = [CHAT for each in command.params if isinstance(each, click.Argument)]
        if words:
            settings = root.context_settings  # click remembers the help option of the first context
            ctx = command.make_context(path[-1], words, resilient_parsing=True, **settings)
            assert ctx.args == []


@pytest.mark.parametrize("word", ["-abc", "--abc", "-é"])
def test_other_words_with_a_minus_go_behind_a_double_dash(cli: Cli, word: str) -> None:
    error = cli.error("memory", "show", word, code=2)
    assert "No such option" in error["message"]
    assert "goes behind `--`" in error["hint"]
    assert "`--`." not in cli.error("memory", "ls", word, code=2)["hint"]
    cli("memory", "save", "--", word, "-", stdin="{}")
    assert cli("memory", "show", "--", word).stdout == "{}\n"


def test_a_negative_number_is_no_value_of_an_option_that_counts(cli: Cli) -> None:
    error = cli.error("memory", "history", "c", "--limit", "-5", code=2)
    assert "-5 is not in the range" in error["message"]
    assert "No such command '-5'" in cli.error("-5", code=2)["message"]
