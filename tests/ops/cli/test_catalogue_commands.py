"""`index` and `search`: what they say and refuse, and how an erasure reaches the catalogue."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingenious_storage.key_providers.key_file import KeyFile
from tests.ops.cli.harness import SCRIPT, Cli

SNAPSHOT = Path("data/ingenious-data/catalogue/ingenious-snapshot.jsonl.zst")


def save(cli: Cli, conversation: str, text: str, *options: str) -> None:
    memory = {"messages": [{"role": "user", "content": text}]}
    cli("memory", "save", conversation, *options, stdin=json.dumps(memory))


@pytest.fixture
def filled(cli: Cli) -> Cli:
    save(cli, "chat-1", "a refund for the lamp, please", "--tag", "vip", "--author", "ann")
    save(cli, "chat-2", "the lamp is broken", "--author", "bob")
    cli("prompts", "create", "desk")
    cli("index", "sync")
    return cli


def names(found: dict[str, Any]) -> list[str]:
    return [hit["name"] for hit in found["hits"]]


def test_a_search_without_an_index_says_what_to_run(cli: Cli) -> None:
    save(cli, "chat-1", "hello")
    error = cli.error("search", "hello", code=3)
    assert error["code"] == "index_missing"
    assert "index sync" in error["hint"]
    status = cli.data("index", "status")
    assert (status["documents"], status["synced_at"], status["complete"]) == (0, None, False)
    assert "none yet: `index sync` makes the index" in cli("index", "status").stdout


def test_a_sync_says_what_it_did(cli: Cli) -> None:
    save(cli, "chat-1", "hello")
    assert "1 document listed, 1 read, 0 removed" in cli("index", "sync").stderr
    assert "1 document listed, 0 read, 0 removed" in cli("index", "sync").stderr
    status = cli.data("index", "status")
    assert (status["documents"], status["complete"]) == (1, True)
    assert Path(status["path"]).parent == cli.folder.parent / ".cache" / "ingenious-storage"


def test_a_pipe_gets_lines_of_columns(filled: Cli) -> None:
    result = filled("search", "lamp", "refund")
    kind, name, revision, _, excerpt = result.stdout.rstrip("\n").split("\t")
    assert (kind, name, revision) == ("memory", "chat-1", "1")
    assert excerpt == "a refund for the lamp, please"
    assert result.stderr.startswith("1 document in the index of ")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["lamp"], {"chat-1", "chat-2"}),
        (["lamp -refund"], {"chat-2"}),
        (['"lamp is"'], {"chat-2"}),
        (["ref*"], {"chat-1"}),
        (["lamp", "--tag", "vip"], {"chat-1"}),
        (["lamp", "--author", "bob"], {"chat-2"}),
        (["lamp", "author:ann"], {"chat-1"}),
        (["--kind", "prompts"], {"desk"}),
        (["lamp", "--after", "2020-01-01"], {"chat-1", "chat-2"}),
        (["lamp", "--before", "2020-01-01"], set()),
        (['"lamp', "--before", "2020-01-01"], set()),
        (["nobody-said-this"], set()),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_found(filled: Cli, words: list[str], expected: set[str]) -> None:
    assert set(names(filled.data("search", *words))) == expected


def test_a_hit_has_all_that_is_known(filled: Cli) -> None:
    [hit] = filled.data("search", "refund")["hits"]
    assert (hit["kind"], hit["name"], hit["revision"]) == ("memory", "chat-1", 1)
    assert (hit["author"], hit["tags"], hit["deleted"]) == ("ann", ["vip"], False)
    assert [each["text"] for each in hit["excerpt"] if each["hit"]] == ["refund"]


def test_deleted_ones_are_found_when_they_are_asked_for(filled: Cli) -> None:
    filled("memory", "rm", "chat-1")
    filled("index", "sync")
    assert names(filled.data("search", "refund")) == []
    assert names(filled.data("search", "refund", "--deleted")) == ["chat-1"]


def test_there_may_be_more(filled: Cli) -> None:
    found = filled.data("search", "lamp", "-n", "1")
    assert (len(found["hits"]), found["more"]) == (1, True)
    assert filled("search", "lamp", "-n", "1").stderr.startswith("the first 1 document")


def test_nothing_to_look_for_is_an_error_of_usage(filled: Cli) -> None:
    assert filled.error("search", code=2)["code"] == "usage"
    assert filled.error("search", "lamp", "--after", "yesterday", code=1)["code"] == "invalid_data"


def test_what_begins_with_a_minus_goes_behind_two(filled: Cli) -> None:
    error = filled.error("search", "lamp", "-refund", code=2)
    assert "goes behind `--`" in error["hint"]
    assert set(filled("search", "--", "lamp", "-refund").stdout.split("\t")) >= {"chat-2"}


def test_control_characters_do_not_reach_the_terminal(cli: Cli) -> None:
    save(cli, "chat\x1b[31m", "red \x1b[31m lamp\nin\ttwo lines")
    cli("index", "sync")
    out = cli("search", "lamp").stdout
    assert "\x1b" not in out
    assert out.count("\n") == 1
    assert out.count("\t") == 4


def test_a_damaged_document_is_named(filled: Cli) -> None:
    Path("data/ingenious-data/conversations/chat-2/memory.json").write_text("{}")
    result = filled("index", "sync")
    assert "conversations/chat-2/memory.json" in result.stderr
    assert "1 document damaged" in result.stderr
    data = filled.data("index", "sync")
    assert (data["damaged"], data["unreadable"]) == (1, ["conversations/chat-2/memory.json"])


def test_another_machine_begins_with_what_is_published(
    filled: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    snapshots = filled.data("index", "publish")["snapshots"]
    assert {each["role"]: each["documents"] for each in snapshots} == {"data": 2, "revisions": 1}
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another"))
    assert "0 read, the rest from a snapshot" in filled("index", "sync").stderr
    assert names(filled.data("search", "refund")) == ["chat-1"]
    assert filled.data("index", "rebuild")["read"] == 3


def test_a_purge_reaches_the_catalogue(filled: Cli) -> None:
    filled("index", "publish")
    done = filled.data("memory", "purge", "chat-1", "--yes")["catalogue"]
    assert done == {
        "documents": 1,
        "snapshots": ["catalogue/ingenious-snapshot.jsonl.zst"],
        "error": None,
    }
    assert not SNAPSHOT.exists()
    assert names(filled.data("search", "refund", "--deleted")) == []


def test_a_purge_of_a_set_does_too(filled: Cli) -> None:
    assert filled.data("prompts", "purge", "desk", "--yes")["catalogue"]["documents"] == 1
    assert names(filled.data("search", "--kind", "prompts")) == []


def test_the_receipt_of_an_erasure_says_so(filled: Cli) -> None:
    filled("index", "publish")
    filled("memory", "erase", "--older-than", "0s", "--receipt", "gone", "--yes")
    receipt = json.loads(Path("gone.json").read_text())
    assert receipt["catalogue"]["documents"] == 2
    page = Path("gone.md").read_text()
    assert "- Catalogue: taken out of the index of this machine: 2; published snapshots" in page
    assert "lose it at their next `index sync`" in page
    filled("receipt", "verify", "gone.json")
    assert not SNAPSHOT.exists()


def test_without_an_index_an_erasure_makes_none(cli: Cli) -> None:
    save(cli, "chat-1", "hello")
    result = cli("memory", "purge", "chat-1", "--yes", "--receipt", "gone")
    assert "catalogue" not in result.stderr
    assert "this machine has no index" in Path("gone.md").read_text()
    assert not (cli.folder.parent / ".cache").exists()


def test_an_erasure_that_cannot_reach_the_catalogue_fails_and_says_why(cli: Cli) -> None:
    cli.write("config.yml", yaml.safe_dump({"storage": {"catalogue": {"path": "here"}}}))
    Path("here").mkdir()  # no file of an index
    save(cli, "chat-1", "hello")
    result = cli("memory", "purge", "chat-1", "--yes", "--receipt", "gone", code=1)
    assert "catalogue: failed, so the text may still be there" in result.stderr
    assert "permission_denied" in json.loads(Path("gone.json").read_text())["catalogue"]["error"]
    cli("memory", "show", "chat-1", code=3)
    cli.write("config.yml", "{}")
    cli("receipt", "verify", "gone.json")


def encrypted(cli: Cli, **more: Any) -> None:
    KeyFile.create(cli.folder / "vault.key")
    encryption = {"provider": "key_file", "key_file": "vault.key"}
    cli.write("config.yml", yaml.safe_dump({"storage": {"encryption": encryption, **more}}))


def test_with_encryption_it_is_refused_unless_the_disk_may_have_it(cli: Cli) -> None:
    encrypted(cli)
    save(cli, "chat-1", "hello")
    for command in (["index", "sync"], ["index", "status"], ["search", "hello"]):
        error = cli.error(*command, code=1)
        assert error["code"] == "plain_index_refused"
        assert "--plain-index" in error["hint"]
    assert not (cli.folder.parent / ".cache").exists()
    cli("index", "sync", "--plain-index")
    assert names(cli.data("search", "hello", "--plain-index")) == ["chat-1"]
    assert cli.error("index", "publish", code=1)["code"] == "publish_refused"


def test_the_configuration_may_say_so(cli: Cli) -> None:
    encrypted(cli, catalogue={"plain_index": True, "path": "here/index.db"})
    save(cli, "chat-1", "hello")
    cli("index", "sync")
    assert Path("here/index.db").exists()
    values = {each["key"]: each["value"] for each in cli.data("config", "show")["values"]}
    assert values["storage.catalogue.plain_index"] == "true"


def test_a_terminal_shows_the_words_that_were_found(filled: Cli) -> None:
    env = {**os.environ, "TERM": "xterm", "NO_COLOR": ""}
    shown = in_terminal("search", "refund", cwd=filled.folder, env=env)
    first, second = shown.splitlines()[:2]
    assert first.startswith("\x1b[1mchat-1\x1b[0m")
    assert "ann" in first
    assert "vip" in first
    assert second == "  a \x1b[33m\x1b[1mrefund\x1b[0m for the lamp, please"


def in_terminal(*args: str, cwd: Path, env: dict[str, str]) -> str:
    """What the script shows on a terminal of its own."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [SCRIPT, *args], cwd=cwd, env=env, stdout=theirs, stderr=subprocess.DEVNULL
    ) as process:
        os.close(theirs)
        shown = b""
        with suppress(OSError), os.fdopen(ours, "rb", buffering=0) as terminal:
            while chunk := terminal.read(65536):
                shown += chunk
        assert process.wait(200) == 0
    return shown.decode().replace("\r\n", "\n")
