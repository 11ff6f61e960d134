"""A history that is cut off says so."""

from __future__ import annotations

import pytest

from tests.ops.cli.harness import Cli

MEMORY = ("memory", "history", "c")


@pytest.fixture
def long(cli: Cli) -> Cli:
    for turn in range(25):
        cli.write("m.json", {"turn": turn})
        cli("memory", "save", "c", "m.json")
    return cli


def test_memory(long: Cli) -> None:
    shown = long(*MEMORY)
    assert len(shown.stdout.splitlines()) == 20
    assert shown.stderr == "the newest 20 of 25 revisions; --all shows the rest\n"
    data = long.data(*MEMORY)
    assert (len(data["revisions"]), data["total"], data["truncated"]) == (20, 25, True)
    for more in (("--all",), ("--limit", "25"), ("-n", "99")):
        assert len(long(*MEMORY, *more).stdout.splitlines()) == 25
        assert long(*MEMORY, *more).stderr == ""
        data = long.data(*MEMORY, *more)
        assert (len(data["revisions"]), data["total"], data["truncated"]) == (25, 25, False)
    assert len(long.data(*MEMORY, "--limit", "3")["revisions"]) == 3


def test_prompts_and_labels(cli: Cli) -> None:
    cli("prompts", "create", "s")
    for turn in range(3):
        cli.write("a.md", f"{turn}")
        cli("prompts", "put", "s", "a.md")
        cli("prompts", "label", "set", "production", f"s@{turn + 1}")
    for line, key in (
        (("prompts", "history", "s"), "revisions"),
        (("prompts", "label", "history", "production"), "history"),
    ):
        whole = cli.data(*line)
        assert (whole["total"], whole["truncated"]) == (len(whole[key]), False)
        some = cli.data(*line, "--limit", "2")
        assert (len(some[key]), some["total"], some["truncated"]) == (2, whole["total"], True)
        assert "the newest 2 of" in cli(*line, "--limit", "2").stderr
