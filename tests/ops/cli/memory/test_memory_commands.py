"""`memory`: save, show, append, ls, history, diff, rollback, rm, restore, purge."""

from __future__ import annotations

import getpass
import json

import pytest

from tests.ops.cli.harness import Cli


def chat(*contents: str) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": content} for content in contents]}


def test_what_is_saved_is_shown(cli: Cli) -> None:
    saved = cli("memory", "save", "ada", cli.write("a.json", {"name": "Ada", "n": 1}))
    assert saved.stdout == ""
    assert saved.stderr == "saved ada: revision 1, 20 bytes\n"
    shown = cli("memory", "show", "ada")
    assert shown.stdout == '{\n  "name": "Ada",\n  "n": 1\n}\n'
    assert shown.stderr == ""


def test_what_is_shown_can_be_saved(cli: Cli) -> None:
    cli("memory", "save", "ada", stdin='{"text": "schön 😀", "list": [1, 2.5, null]}')
    shown = cli("memory", "show", "ada").stdout
    cli("memory", "save", "bob", "-", stdin=shown)
    assert cli("memory", "show", "bob").stdout == shown
    first, second = (cli.data("memory", "history", name)["revisions"] for name in ("ada", "bob"))
    assert first[0]["sha256"] == second[0]["sha256"]


def test_a_save_says_who_and_why(cli: Cli) -> None:
    args = ("-m", "first", "--author", "ada", "--tag", "x", "--tag", "y")
    revision = cli.data("memory", "save", "c", *args, stdin="{}")["revision"]
    assert revision["author"] == "ada"
    assert revision["message"] == "first"
    assert revision["tags"] == ["x", "y"]
    assert cli("memory", "history", "c").stdout.split("\t")[2:] == ["2", "ada", "first [x] [y]\n"]


def test_the_author_is_the_login_name_unless_a_variable_says_otherwise(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.data("memory", "save", "c", stdin="1")["revision"]["author"] == "tester"
    monkeypatch.delenv("INGENIOUS_AUTHOR")
    assert cli.data("memory", "save", "c", stdin="2")["revision"]["author"] == getpass.getuser()
    cli.write(".env", "INGENIOUS_AUTHOR=of dotenv\n")
    assert cli.data("memory", "save", "c", stdin="3")["revision"]["author"] == "of dotenv"
    monkeypatch.setenv("INGENIOUS_AUTHOR", "")
    assert "INGENIOUS_AUTHOR is given, but" in cli("memory", "save", "c", stdin="4", code=1).stderr


def test_a_save_can_expect_a_revision(cli: Cli) -> None:
    cli("memory", "save", "c", "--expected", "0", stdin="1")
    cli("memory", "save", "c", "--expected", "1", stdin="2")
    assert cli.error("memory", "save", "c", "--expected", "1", stdin="3", code=4) == {
        "code": "conflict",
        "message": "expected revision 1, found revision 2",
        "hint": "Somebody else wrote in between: look at it again, then repeat.",
        "key": "conversations/c/memory.json",
        "retryable": False,
        "outcome_unknown": False,
    }
    assert cli("memory", "show", "c").stdout == "2\n"


def test_append(cli: Cli) -> None:
    cli("memory", "append", "c", "--role", "user", "--content", "one")
    cli("memory", "append", "c", stdin='{"role": "user", "content": "two"}')
    appended = cli("memory", "append", "c", cli.write("m.json", chat("three", "four")["messages"]))
    assert appended.stderr.startswith("appended 2 to c: revision 3, ")
    assert json.loads(cli("memory", "show", "c").stdout) == chat("one", "two", "three", "four")


@pytest.mark.parametrize(
    "args", [("--role", "user"), ("--content", "x"), ("f.json", "--role", "r", "--content", "c")]
)
def test_append_takes_a_file_or_one_message(cli: Cli, args: tuple[str, ...]) -> None:
    error = cli.error("memory", "append", "c", *args, code=2)
    assert error["message"] == "give a FILE, or --role and --content"


def test_append_needs_a_list_of_messages(cli: Cli) -> None:
    cli("memory", "save", "c", stdin='{"context": "x"}')
    assert cli.error("memory", "append", "c", stdin="{}", code=1)["code"] == "invalid_data"


def test_ls(cli: Cli) -> None:
    empty = cli("memory", "ls")
    assert (empty.stdout, empty.stderr) == ("", "no conversations\n")
    names = ["a/../b", "x\ny", "x y", "ä"]
    for name in names:
        cli("memory", "save", name, stdin="{}")
    assert sorted(cli.data("memory", "ls")["conversations"]) == names
    assert set(cli("memory", "ls").stdout.splitlines()) == {"a/../b", "x y", r"x\ny", "ä"}


def test_history(cli: Cli) -> None:
    for number in range(25):
        cli("memory", "save", "c", stdin=str(number))
    numbers = [
        int(line.split("\t")[0]) for line in cli("memory", "history", "c").stdout.splitlines()
    ]
    assert numbers == list(range(25, 5, -1))
    assert len(cli("memory", "history", "c", "-n", "3").stdout.splitlines()) == 3
    assert len(cli("memory", "history", "c", "--all").stdout.splitlines()) == 25


def test_diff(cli: Cli) -> None:
    for number in (1, 2, 2, 3):
        cli("memory", "save", "c", stdin=f'{{"n": {number}}}')
    text = '--- revision 3\n+++ revision 4\n@@ -1,3 +1,3 @@\n {\n-  "n": 2\n+  "n": 3\n }\n'
    assert cli("memory", "diff", "c").stdout == text
    assert '-  "n": 1\n+  "n": 3\n' in cli("memory", "diff", "c", "1").stdout
    assert cli.data("memory", "diff", "c", "1", "2")["old"] == 1
    same = cli("memory", "diff", "c", "2", "3")
    assert (same.stdout, same.stderr) == ("", "revisions 2 and 3 are the same\n")


def test_rollback_is_a_new_revision(cli: Cli) -> None:
    for number in (1, 2):
        cli("memory", "save", "c", stdin=str(number))
    done = cli("memory", "rollback", "c", "1")
    assert done.stderr == "rolled back to revision 1: c: revision 3, 1 bytes\n"
    assert cli("memory", "show", "c").stdout == "1\n"
    assert cli("memory", "show", "c", "--revision", "2").stdout == "2\n"


def test_rm_and_restore(cli: Cli) -> None:
    cli("memory", "save", "c", stdin="1")
    cli("memory", "rm", "c", "-m", "not needed")
    assert cli("memory", "ls").stdout == ""
    assert cli.error("memory", "show", "c", code=3)["code"] == "memory_not_found"
    assert "(deleted) not needed" in cli("memory", "history", "c").stdout
    cli("memory", "restore", "c")
    assert cli.data("memory", "show", "c") == {"conversation": "c", "revision": 3, "memory": 1}


def test_purge(cli: Cli) -> None:
    cli("memory", "save", "c", stdin="1")
    done = cli("memory", "purge", "c", "--yes")
    assert done.stderr.startswith("purged c: 1 revision, 1 blob, ")
    assert cli.error("memory", "history", "c", code=3)["code"] == "memory_not_found"
    cli("gc", "--grace", "0s", "--yes")  # until then a tombstone refuses what comes late
    assert list(cli.folder.rglob("memory.json")) == []


def test_the_receipt_of_a_purge(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGENIOUS_STORAGE__RETENTION_DAYS", "7")
    cli("memory", "save", "c", stdin="1")
    receipt = cli.data("memory", "purge", "c", "-y")
    assert receipt["conversation"] == "c"
    assert (receipt["revisions"], receipt["blobs"]) == (1, 1)
    assert receipt["purged_at"] < receipt["recoverable_until"]
