"""`memory erase`, its receipt, and `receipt verify`, over an encrypted folder."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingenious_ops.erasure import receipt as receipts
from ingenious_ops.erasure.journal import Journal
from ingenious_ops.erasure.run import erase
from ingenious_ops.erasure.targets import older_than
from ingenious_storage import Storage
from ingenious_storage.config import StorageSettings
from ingenious_storage.documents import Retention
from ingenious_storage.documents.format import segment
from ingenious_storage.errors import InvalidDataError, NotFoundError
from ingenious_storage.key_providers.key_file import KeyFile
from ingenious_storage.wiring import build_backend
from tests.ops.cli.harness import SCRIPT, Cli
from tests.support.counting import CountingBackend

PLAIN = """
storage:
  base_path: data
  retention_days: 7
"""
SEALED = f"""{PLAIN}
  encryption:
    provider: key_file
    key_file: keys.json
"""
ROOT = Path("data/ingenious-data")


@pytest.fixture(autouse=True)
def _small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "MAX_ENTRIES", 4)


@pytest.fixture
def sealed(cli: Cli) -> Cli:
    """Three conversations, one of them with sealed segments, one deleted, under keys."""
    KeyFile.create(Path("keys.json"))
    cli.write("config.yml", SEALED)
    fill()
    return cli


@pytest.fixture
def plain(cli: Cli) -> Cli:
    cli.write("config.yml", PLAIN)
    fill()
    return cli


def fill() -> None:
    with Storage.from_config() as storage:
        for number in range(6):
            storage.memory.save_memory("Chat 1", {"secret": number})
        storage.memory.save_memory("chat-2", {"secret": "two"})
        storage.memory.save_memory("chat-3", {"secret": "three"})
        storage.memory.delete_memory("chat-3")


def erased(cli: Cli, *args: str, code: int = 0) -> dict[str, Any]:
    cli("memory", "erase", *args, "--receipt", "erased", "--yes", code=code)
    content: dict[str, Any] = json.loads(Path("erased.json").read_bytes())
    return content


def statuses(content: dict[str, Any]) -> dict[str, str]:
    return {entry["id"]: entry["status"] for entry in content["documents"]}


def test_by_age_deleted_ones_too(sealed: Cli) -> None:
    assert erased(sealed, "--older-than", "1h")["documents"] == []
    Path("erased.json").unlink()
    Path("erased.md").unlink()
    content = erased(sealed, "--older-than", "0s")
    assert statuses(content) == dict.fromkeys(("Chat 1", "chat-2", "chat-3"), "erased")
    by_id = {entry["id"]: entry for entry in content["documents"]}
    assert (by_id["Chat 1"]["revisions"], by_id["Chat 1"]["blobs"]) == (6, 2)
    assert content["revisions"] == 9
    assert (content["encrypted"], content["keys"], content["retention_days"]) == (True, 3, 7)
    assert all(len(entry["keys"]) == 1 for entry in content["documents"])
    assert content["recoverable_until"] > by_id["Chat 1"]["recoverable_until"]
    assert receipts.SEALED in content["copies"]
    assert not list(ROOT.glob("keys/documents/**/*.json"))
    for named in ("erased.json", "erased"):  # or as --receipt has it
        assert sealed("receipt", "verify", named).stderr == "passed: 3 documents, 0 problems\n"
    assert sealed.data("memory", "ls")["conversations"] == []


def test_by_a_list_of_ids(sealed: Cli) -> None:
    sealed.write("ids.txt", "chat-2\r\n\nnobody\nchat-2\n")
    content = erased(sealed, "--ids", "ids.txt")
    assert statuses(content) == {"chat-2": "erased", "nobody": "gone"}
    assert content["counts"] == {"erased": 1, "gone": 1, "kept": 0, "failed": 0}
    assert "Chat 1" in sealed("memory", "ls").stdout
    shown = Path("erased.md").read_text()
    assert "# Erasure: 1 erased, 0 failed" in shown
    assert content["sha256"] in shown
    assert "| `nobody` | `conversations/nobody/memory.json` | gone |" in shown


def test_an_id_with_what_some_take_for_the_end_of_a_line_is_one(sealed: Cli) -> None:
    """Its parts are the ids of others."""
    name = "\u0085chat-2\u2028\x0bchat-2\x1c\rchat-2"
    with Storage.from_config() as storage:
        storage.memory.save_memory(name, 1)
    Path("ids.txt").write_bytes(f"\ufeff{name}\r\n".encode())
    content = erased(sealed, "--ids", "ids.txt")
    assert statuses(content) == {name: "erased"}
    assert sealed.data("memory", "show", "chat-2")["memory"] == {"secret": "two"}


def test_no_id_is_markdown() -> None:
    for name in ("a``<b>``", "```", "|x|`y`", "\x1b[2J\r\n# Erased", "`"):
        known = {"id": name, "key": "k", "status": "failed", "detail": f"{name} [code]"}
        entry = {**dict.fromkeys(("revisions", "blobs", "bytes", "purged_at"), 0), "keys": []}
        (row,) = receipts.rows([{**entry, **known}])
        assert row.isprintable()
        cells = re.split(r"(?<!\\)\|", row)
        assert len(cells) == 10
        for cell in (cells[1], cells[3]):
            first, *between, last = re.findall("`+", cell)
            assert first == last
            assert first not in between, "a code span ends at the next run of just so many"


def test_the_retention_of_records_of_keys(sealed: Cli) -> None:
    sealed.write("config.yml", f"{SEALED}    key_retention_days: 2\n")
    until = sealed.data("memory", "purge", "chat-3", "--yes")
    assert days(until["purged_at"], until["recoverable_until"]) == 2
    content = erased(sealed, "--older-than", "0s")
    assert (content["retention_days"], content["key_retention_days"]) == (7, 2)
    assert days(content["ended_at"], content["recoverable_until"]) == 2
    assert "(7 days; records of keys 2 days)" in Path("erased.md").read_text()
    sealed("receipt", "verify", "erased.json")


def test_what_has_no_key_is_recoverable_for_longer(plain: Cli) -> None:
    """A receipt names the time of what can be brought back for the longest."""
    KeyFile.create(Path("keys.json"))
    plain.write("config.yml", f"{SEALED}    key_retention_days: 2\n    accept_plain: true\n")
    with Storage.from_config() as storage:
        storage.memory.save_memory("new", 1)
    said = plain("memory", "purge", "chat-3", "--yes").stderr
    assert "no key was destroyed: copies stay readable" in said
    plain("memory", "purge", "chat-2", "--receipt", "one", "--yes")
    assert json.loads(Path("one.json").read_bytes())["copies"] == receipts.KEYLESS
    content = erased(plain, "--older-than", "0s")
    assert content["copies"] == f"{receipts.SEALED} {receipts.MIXED}"
    assert [bool(entry["keys"]) for entry in content["documents"]] == [False, True]
    assert content["key_retention_days"] is None, "copies from before are kept as all else"
    assert days(content["ended_at"], content["recoverable_until"]) == 7


def test_of_several_times_the_last_counts() -> None:
    ended = datetime(2026, 1, 1, tzinfo=UTC)
    entries = [{"status": "erased", "keys": keys} for keys in ((), ("a",))]
    known = Retention(timedelta(days=7), timedelta(days=2))
    until = receipts.recoverable_until
    assert until(entries, ended, known) == "2026-01-08T00:00:00Z"
    assert until(entries[1:], ended, known) == "2026-01-03T00:00:00Z"
    assert until(entries, ended, Retention(None, timedelta(days=2))) is None
    assert until(entries[1:], ended, Retention(None, timedelta(days=2))) == "2026-01-03T00:00:00Z"
    assert until([], ended, known) is None


def days(begin: str, end: str) -> int:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).days


def test_a_dry_run_touches_nothing(sealed: Cli) -> None:
    data = sealed.data("memory", "erase", "--older-than", "0s", "--dry-run")
    assert data["counts"] == {"would_erase": 3, "leftover": 0, "gone": 0}
    assert sealed("memory", "erase", "--older-than", "0s", "--dry-run").stderr == (
        "would erase 3 memories\n"
    )
    assert sealed.data("memory", "show", "Chat 1")["memory"] == {"secret": 5}


def test_a_dry_run_says_what_is_not_there(sealed: Cli) -> None:
    sealed("memory", "purge", "chat-2", "--yes")
    sealed.write("ids.txt", "Chat 1\nchat-2\nnobody")
    result = sealed("memory", "erase", "--ids", "ids.txt", "--dry-run")
    rows = [line.split("\t")[:2] for line in result.stdout.splitlines()]
    assert rows == [["would_erase", "Chat 1"], ["leftover", "chat-2"], ["gone", "nobody"]]
    assert result.stderr == (
        "would erase 1 memory\n"
        "1 erased before: what a purge that was killed left of them would go\n"
        "1 not there\n"
    )


def test_it_says_where_the_receipt_is(sealed: Cli) -> None:
    for args in (["purge", "chat-2"], ["erase", "--older-than", "0s"]):
        said = sealed("memory", *args, "--receipt", args[0], "--yes").stderr
        digest = json.loads(Path(f"{args[0]}.json").read_bytes())["sha256"]
        assert f"wrote {args[0]}.json and {args[0]}.md; its SHA-256 is {digest}\n" in said


def test_what_an_erasure_leaves_is_no_problem_in_a_copy(sealed: Cli) -> None:
    erased(sealed, "--older-than", "0s")
    shutil.copytree(ROOT, "backup")
    result = sealed("receipt", "verify", "erased.json", "--copy", "backup")
    assert "0 blobs of the copy tried, 0 problems" in result.stderr
    assert "it proves nothing" in result.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "give --older-than or --ids"),
        (("--older-than", "1d", "--ids", "ids.txt"), "give --older-than or --ids"),
        (("--older-than", "long"), "is not a duration"),
        (("--ids", "missing.txt"), "cannot read missing.txt"),
    ],
)
def test_it_has_to_be_told_exactly_what(sealed: Cli, args: tuple[str, ...], said: str) -> None:
    sealed.write("ids.txt", "chat-2")
    error = sealed.error("memory", "erase", *args, "--yes", code=2)
    assert said in error["message"]


def test_what_is_no_list_of_ids(sealed: Cli) -> None:
    sealed.write("ids.txt", "\n\n")
    assert sealed.error("memory", "erase", "--ids", "ids.txt", "--yes", code=1)["code"] == (
        "invalid_data"
    )


def test_no_receipt_is_overwritten(sealed: Cli) -> None:
    sealed.write("erased.md", "mine")
    sealed.write("ids.txt", "chat-2")
    for args in (("erase", "--ids", "ids.txt"), ("purge", "chat-2")):
        error = sealed.error("memory", *args, "--receipt", "erased.json", "--yes", code=4)
        assert error["code"] == "already_exists"
        sealed.error("memory", *args, "--receipt", "no/where", "--yes", code=3)
    assert sealed.data("memory", "show", "chat-2")["memory"] == {"secret": "two"}
    assert Path("erased.md").read_text() == "mine"


def test_a_purge_gives_a_receipt_too(sealed: Cli) -> None:
    assert "no key was" not in sealed("memory", "purge", "chat-2", "--yes").stderr
    data = sealed.data("memory", "purge", "Chat 1", "--receipt", "one.json", "--yes")
    assert (data["revisions"], len(data["keys"]), data["files"]) == (6, 1, ["one.json", "one.md"])
    content = json.loads(Path("one.json").read_bytes())
    assert content["documents"][0]["keys"] == data["keys"]
    assert sealed.data("receipt", "verify", "one.json")["passed"]


def test_a_purge_whose_receipt_cannot_be_written_is_told_before_or_remembered(
    sealed: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    args = ("memory", "purge", "chat-2", "--yes", "--receipt")
    for nameless in (".", "..", "/"):
        assert sealed.error(*args, nameless, code=1)["code"] == "invalid_data"
    sealed.error("memory", "purge", "nobody", "--yes", "--receipt", "one", code=3)
    assert not list(Path().glob("one*"))
    Path("one.partial").symlink_to("no/where")  # nothing can be written there
    sealed.error(*args, "one", code=1)
    assert sealed.data("memory", "show", "chat-2")["memory"] == {"secret": "two"}
    Path("one.partial").unlink()

    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(receipts, "write_file", full)
        sealed.error(*args, "one", code=1)
    assert sealed.error("memory", "purge", "Chat 1", *args[3:], "one", code=4)["code"] == "conflict"
    sealed.write("ids.txt", "chat-2")
    sealed("memory", "erase", "--ids", "ids.txt", "--receipt", "one", "--yes")
    content = json.loads(Path("one.json").read_bytes())
    assert statuses(content) == {"chat-2": "erased"}
    assert content["keys"] == 1


def test_of_a_plain_container_it_says_that_copies_stay_readable(plain: Cli) -> None:
    shutil.copytree(ROOT, "copy")
    told = plain("memory", "erase", "--older-than", "0s", "--receipt", "erased", "--yes").stderr
    assert "warning: nothing was encrypted: copies that were made before stay readable" in told
    content = json.loads(Path("erased.json").read_bytes())
    assert (content["encrypted"], content["copies"]) == (False, receipts.PLAIN)
    assert receipts.PLAIN in Path("erased.md").read_text()
    assert plain.data("receipt", "verify", "erased.json")["passed"]
    data = plain.data("receipt", "verify", "erased.json", "--copy", "copy", code=1)
    assert {problem["reason"].partition(",")[0] for problem in data["problems"]} == {
        "it can be read"
    }
    assert len(data["problems"]) == data["copied_blobs"] == 4


def without_capitals(folder: Path) -> None:
    """As a copying tool names the files: by the blobs' keys."""
    for path in sorted(folder.rglob("*~43*"), reverse=True):
        path.rename(path.with_name(path.name.replace("~43", "C")))


@pytest.mark.parametrize("named", ["as a local container", "as the blobs"])
def test_a_copy_of_the_whole_container_cannot_be_read(sealed: Cli, named: str) -> None:
    shutil.copytree(ROOT, "copy/ingenious-data")
    if named == "as the blobs":
        without_capitals(Path("copy"))
    erased(sealed, "--older-than", "0s")
    # The copy has the records of the keys: these must go from it first.
    data = sealed.data("receipt", "verify", "erased.json", "--copy", "copy", code=1)
    assert (data["passed"], data["copied_blobs"], len(data["problems"])) == (False, 4, 4)
    assert {problem["where"] for problem in data["problems"]} == {"copy"}
    assert "with the records of keys in the copy" in data["problems"][0]["reason"]
    shutil.rmtree("copy/ingenious-data/keys/master")
    data = sealed.data("receipt", "verify", "erased.json", "--copy", "copy", code=1)
    assert len(data["problems"]) == 4
    assert "and the other keys of now" in data["problems"][0]["reason"]
    shutil.rmtree("copy/ingenious-data/keys/documents")
    head = Path("copy/ingenious-data/conversations/chat-2/memory.json")
    whole = head.read_bytes()
    head.write_bytes(b"from before the encryption")
    data = sealed.data("receipt", "verify", "erased.json", "--copy", "copy", code=1)
    assert [problem["reason"].partition(",")[0] for problem in data["problems"]] == [
        "it is not encrypted"
    ]
    head.write_bytes(whole)
    data = sealed.data("receipt", "verify", "erased.json", "--copy", "copy")
    assert (data["passed"], data["copied_blobs"]) == (True, 4)


def test_a_copy_proves_nothing_when_it_holds_nothing(sealed: Cli) -> None:
    erased(sealed, "--older-than", "0s")
    Path("copy").mkdir()
    error = sealed.error("receipt", "verify", "erased.json", "--copy", "copy", code=1)
    assert error["code"] == "invalid_configuration"
    Path("copy/conversations").mkdir()
    told = sealed("receipt", "verify", "erased.json", "--copy", "copy").stderr
    assert "warning: the copy holds no blob of these documents: it proves nothing" in told


def test_what_comes_back_is_seen(sealed: Cli) -> None:
    shutil.copytree(ROOT, "copy")
    erased(sealed, "--older-than", "0s")
    for name in ("history", "keys"):
        shutil.copytree(f"copy/{name}", ROOT / name, dirs_exist_ok=True)
    Path("copy/conversations/chat-2/memory.json").replace(ROOT / "conversations/chat-2/memory.json")
    data = sealed.data("receipt", "verify", "erased.json", code=1)
    reasons = [problem["reason"].partition(" still ")[0] for problem in data["problems"]]
    assert sorted(reasons) == [
        "a document is there",
        "a segment of its history is there",
        *["the record of its keys"] * 3,
    ]


def test_a_document_that_began_since_is_no_problem(sealed: Cli) -> None:
    erased(sealed, "--older-than", "0s")
    with Storage.from_config() as storage:
        for number in range(6):
            storage.memory.save_memory("chat-2", {"new": number})
    data = sealed.data("receipt", "verify", "erased.json")
    assert (data["passed"], data["remade"]) == (True, ["conversations/chat-2/memory.json"])
    sealed("gc", "--grace", "0s", "--yes")
    assert sealed.data("receipt", "verify", "erased.json")["passed"]


def test_what_was_not_there_may_begin_later(sealed: Cli) -> None:
    sealed.write("ids.txt", "nobody")
    erased(sealed, "--ids", "ids.txt")
    sealed("memory", "save", "nobody", stdin="1")
    data = sealed.data("receipt", "verify", "erased.json")
    assert (data["passed"], data["remade"]) == (True, ["conversations/nobody/memory.json"])


@pytest.mark.slow
def test_a_damaged_one_goes_by_its_age_too(sealed: Cli) -> None:
    """Also one that was deleted at some time, whose record has to be read."""
    for name in ("chat-2", "chat-3"):
        (ROOT / f"conversations/{name}/memory.json").write_bytes(b"damaged")
    content = erased(sealed, "--older-than", "0s")
    assert statuses(content) == dict.fromkeys(("Chat 1", "chat-2", "chat-3"), "erased")
    assert [e["revisions"] for e in content["documents"]] == [6, None, None]
    sealed("memory", "save", "chat-2", stdin="1")
    assert sealed.data("receipt", "verify", "erased.json")["passed"]


def test_a_receipt_that_was_changed_is_refused(sealed: Cli) -> None:
    erased(sealed, "--older-than", "0s")
    path = Path("erased.json")
    path.write_text(path.read_text().replace('"revisions": 6', '"revisions": 7'))
    error = sealed.error("receipt", "verify", "erased.json", code=1)
    assert error["message"] == "erased.json was changed after it was written"
    path.write_text("{}")
    assert sealed.error("receipt", "verify", "erased.json", code=1)["code"] == "unsupported_format"
    path.write_text("no")
    assert sealed.error("receipt", "verify", "erased.json", code=1)["code"] == "invalid_data"
    assert sealed.error("receipt", "verify", "none.json", code=3)["code"] == "not_found"


ENTRY = {"key": "k", "status": "gone", "origin": "", "detail": "", "keys": None}


@pytest.mark.parametrize(
    "fields",
    [
        {"id": None},
        {"place": 5},
        {"encrypted": "yes"},
        {"documents": {}},
        {"documents": [5]},
        {"documents": [{"key": "k", "status": "erased"}]},
        {"documents": [{**ENTRY, "status": "other"}]},
        {"documents": [{**ENTRY, "status": []}]},
        {"documents": [{**ENTRY, "keys": [5]}]},
        {"documents": [{**ENTRY, "key": 5}]},
    ],
    ids=repr,
)
def test_a_receipt_of_another_shape_is_refused(tmp_path: Path, fields: dict[str, Any]) -> None:
    """Whoever makes one can make its SHA-256 too."""
    whole = {"format": receipts.FORMAT, "id": "a", "place": "b", "encrypted": True, "documents": []}
    path = tmp_path / "erased.json"
    for content in ({**whole, **fields}, whole):
        path.write_text(json.dumps({**content, "sha256": receipts.digest(content)}))
        if content is whole:
            assert receipts.load(path)["documents"] == []
            continue
        with pytest.raises(InvalidDataError, match="not written by this program"):
            receipts.load(path)


def test_a_receipt_of_another_container_is_refused(sealed: Cli) -> None:
    erased(sealed, "--older-than", "0s")
    sealed.write("plain.yml", PLAIN)
    sealed.write("other.yml", SEALED.replace("data\n", "other\n", 1))
    for config in ("plain.yml", "other.yml"):
        error = sealed.error("receipt", "verify", "erased.json", "--config", config, code=1)
        assert error["code"] == "invalid_configuration"


def test_where_ids_are_hidden(cli: Cli) -> None:
    KeyFile.create(Path("keys.json"))
    cli.write("config.yml", f"{SEALED}    hide_ids: true\n")
    fill()
    shutil.copytree(ROOT, "copy")
    cli.write("ids.txt", "Chat 1")
    cli("memory", "erase", "--ids", "ids.txt", "--yes")
    content = erased(cli, "--older-than", "0s")
    assert statuses(content) == {"chat-2": "erased", "chat-3": "erased"}
    assert not any("chat" in entry["key"] for entry in content["documents"])
    shutil.rmtree("copy/keys/documents")
    data = cli.data("receipt", "verify", "erased.json", "--copy", "copy")
    assert (data["passed"], data["copied_blobs"]) == (True, 2)


def test_two_runs_with_one_receipt_do_not_meet(sealed: Cli) -> None:
    with Storage.from_config() as storage:
        place = receipts.place_of(storage)
    with Journal(Path("erased.partial"), place):
        error = sealed.error(
            "memory", "erase", "--older-than", "0s", "--receipt", "erased", "--yes", code=4
        )
        assert error["message"] == "erased.partial is in use by another run"
    assert not list(Path().glob("erased*"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("not a journal\n", "invalid_data"),
        ('{"format": "other/1"}\n', "unsupported_format"),
        ('{"format": "ingenious.erasure-journal/1", "place": "elsewhere"}\n', "conflict"),
    ],
)
def test_a_journal_that_is_not_of_this_erasure(sealed: Cli, text: str, code: str) -> None:
    sealed.write("erased.partial", text)
    args = ("memory", "erase", "--older-than", "0s", "--receipt", "erased", "--yes")
    error = sealed.error(*args, code=4 if code == "conflict" else 1)
    assert error["code"] == code
    assert sealed.data("memory", "show", "chat-2")["memory"] == {"secret": "two"}
    assert Path("erased.partial").read_text() == text


def test_one_that_is_changed_meanwhile_is_kept(sealed: Cli) -> None:

    with Storage.from_config() as storage, Journal(None, "") as journal:
        chosen = older_than(storage.memory, timedelta(0))
        storage.memory.save_memory("chat-2", {"new": 1})
        found = {entry["id"]: entry["status"] for entry in erase(storage.memory, chosen, journal)}
        assert found == {"Chat 1": "erased", "chat-2": "kept", "chat-3": "erased"}
        assert storage.memory.load_memory("chat-2") == {"new": 1}


def test_a_purge_that_was_interrupted_is_finished(sealed: Cli) -> None:
    """Its tombstone is young, and what it left goes all the same."""
    shutil.copytree(ROOT, "copy")
    sealed("memory", "purge", "Chat 1", "--yes")
    shutil.copytree("copy/history", ROOT / "history")
    shutil.copytree("copy/keys/documents", ROOT / "keys/documents", dirs_exist_ok=True)
    content = erased(sealed, "--older-than", "1h")
    (entry,) = content["documents"]
    assert (entry["id"], entry["status"], entry["blobs"]) == ("Chat 1", "erased", 1)
    assert len(entry["keys"]) == 1
    assert sealed.data("memory", "show", "chat-2")["memory"] == {"secret": "two"}


def test_what_fails_is_told_and_does_not_stop_the_others(sealed: Cli) -> None:
    record = ROOT / "keys/documents/conversations/chat-2/memory.json"
    newer = json.loads(record.read_bytes()) | {"format": "ingenious.document-key/9"}
    record.write_text(json.dumps(newer))
    content = erased(sealed, "--older-than", "0s", code=1)
    assert statuses(content) == {"Chat 1": "erased", "chat-2": "failed", "chat-3": "erased"}
    (failed,) = (entry for entry in content["documents"] if entry["status"] == "failed")
    assert failed["detail"].endswith("[unsupported_format]")
    data = sealed.data("receipt", "verify", "erased.json", code=1)
    reasons = [problem["reason"] for problem in data["problems"]]
    assert reasons[0].startswith("it was not erased: ")
    assert reasons[-1].startswith("a record of its keys is there: ")


@pytest.mark.slow
@pytest.mark.parametrize("killed_at", [1, 40, 120])
def test_a_killed_erasure_goes_on_when_it_is_run_again(sealed: Cli, killed_at: int) -> None:
    names = [f"more-{number}" for number in range(200)]
    with Storage.from_config() as storage:
        storage.memory.save_many({name: {"secret": name} for name in names})
    sealed.write("ids.txt", "\n".join(names))
    command = [str(SCRIPT), "memory", "erase", "--ids", "ids.txt", "--receipt", "erased", "--yes"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as running:
        partial = Path("erased.partial")
        while running.poll() is None:
            if partial.exists() and partial.read_bytes().count(b'"done"') >= killed_at:
                os.kill(running.pid, signal.SIGKILL)
                break
            time.sleep(0.001)
    assert running.wait() == -signal.SIGKILL
    assert not Path("erased.json").exists()
    content = erased(sealed, "--ids", "ids.txt")
    assert [name for name, status in statuses(content).items() if status == "failed"] == []
    assert set(statuses(content)) == set(names)
    assert content["counts"]["erased"] >= 200 - 16  # one for each worker was not counted yet
    for entry in content["documents"]:
        if entry["status"] == "gone":
            assert entry["detail"].startswith("erased by a run that was interrupted")
    assert sealed.data("receipt", "verify", "erased.json")["passed"]
    assert not partial.exists()
    assert {path.name for path in Path().glob("erased*")} == {"erased.json", "erased.md"}


@pytest.mark.parametrize("count", [20, pytest.param(1000, marks=pytest.mark.slow)])
def test_the_requests_of_an_erasure(sealed: Cli, count: int) -> None:
    """Ten for each: it reads the head and its key, lists segments and keys, puts the marker and the
    tombstone, lists both again, and takes the key out of its record."""
    counted: list[CountingBackend] = []

    def counting(settings: StorageSettings, container: str) -> CountingBackend:
        counted.append(CountingBackend(build_backend(settings, container)))
        return counted[-1]

    with Storage.from_config() as storage:
        storage.memory.save_many({f"more-{number}": number for number in range(count)})
        settings = storage.settings
    with Storage(settings, backend=counting) as storage:
        chosen = older_than(storage.memory, timedelta(0))
        before = sum(each.total for each in counted)
        assert before < 10 + 2 * 1  # two listings, a clock, and the one that was deleted
        wanted = [target for target in chosen if (target.id or "").startswith("more-")]
        with Journal(None, "") as journal:
            entries = erase(storage.memory, wanted, journal)
        spent = sum(each.total for each in counted) - before
    assert [entry["status"] for entry in entries] == ["erased"] * count
    assert spent <= count * 10 + 4  # the records of the container and its master key, at least once
    with Storage(settings) as storage, pytest.raises(NotFoundError):
        storage.memory.load_memory("more-1")
