"""Hidden ids on the command line: people see ids, the folder does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingenious_storage.key_providers.key_file import KeyFile
from tests.ops.cli.harness import Cli

PHONE = "+49 171 5550123"


@pytest.fixture
def hiding(cli: Cli) -> Cli:
    KeyFile.create(cli.folder / "vault.key")
    sealed = {"provider": "key_file", "key_file": "vault.key", "hide_ids": True}
    profiles = {
        "hidden": {"storage": {"base_path": "hidden", "encryption": sealed}},
        "plain": {"storage": {"base_path": "plain"}},
    }
    cli.write("profiles.yml", {"profiles": profiles})
    cli.write("memory/+49 171 5550123/context.md", "remember the milk")
    return cli


def names(folder: Path) -> str:
    return "\n".join(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_conversation_is_worked_with_by_its_id(hiding: Cli) -> None:
    on = ("--profile", "hidden")
    hiding("memory", "save", PHONE, "-", *on, stdin='{"messages": []}')
    listed = hiding.data("memory", "ls", *on)["conversations"]
    assert listed == [PHONE]
    assert hiding.data("memory", "info", PHONE, *on)["conversation"] == PHONE
    for command in (("verify",), ("gc", "--dry-run"), ("repair",)):
        hiding(*command, *on)
    assert "5550123" not in names(hiding.folder / "hidden")


def test_export_and_import_carry_conversations_out_and_in(hiding: Cli) -> None:
    hiding("memory", "save", PHONE, "-", "--profile", "plain", stdin='{"a": 1}')
    hiding("memory", "export", "out", "--profile", "plain")
    hiding("memory", "import", "out", "--profile", "hidden")
    hiding("memory", "export", "again", "--profile", "hidden")
    (first,), (second,) = (list((hiding.folder / name).glob("*.json")) for name in ("out", "again"))
    assert (first.name, first.read_bytes()) == (second.name, second.read_bytes())
    assert "5550123" not in names(hiding.folder / "hidden")


def test_a_migration_of_blobs_is_refused_and_one_of_a_tree_works(hiding: Cli) -> None:
    for ends in (
        ("hidden:data", "plain:data"),
        ("plain:data", "hidden:data"),
        ("hidden:data", "./x"),
    ):
        error = hiding.error("migrate", "run", "--from", ends[0], "--to", ends[1], code=2)
        assert "hides the ids" in error["message"]
        assert "memory export DIR" in error["message"]
    layout = ("--layout", "ingenious", "--only", "memory")
    hiding("migrate", "run", "--from", "./memory", "--to", "hidden:data", *layout)
    hiding("migrate", "verify", "--from", "./memory", "--to", "hidden:data", *layout)
    listed = hiding.data("memory", "ls", "--profile", "hidden")["conversations"]
    assert listed == [PHONE]
