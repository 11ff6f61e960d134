"""`memory import` and `memory export`: both layouts, there and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingenious_ops.transfer.conversations import BATCH, Export
from ingenious_ops.transfer.forms import Form, form
from ingenious_storage import Storage, UnavailableError, whole_files
from ingenious_storage.config import Settings, StorageSettings
from tests.ops.cli.harness import WORKSPACE, Cli

HARD = [
    "a/b",
    "../up",
    "100%",
    "A",
    "a",
    "CON",
    "con",
    "x" * 500,
    "é",
    "e\u0301",
    "😀 x",
    ".hidden",
]


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_workspace_gives_markdown_and_json(cli: Cli) -> None:
    data = cli.data("memory", "import", str(WORKSPACE))
    assert data["counts"] == {"created": 7}
    assert {each["conversation"] for each in data["conversations"]} == {
        "_shared",
        "order-20417",
        "tenant-onboarding",
        "thread-7c3e",
        "chat-1001",
        "chat-1002",
        "chat-1003",
    }
    text = (WORKSPACE / "memory/order-20417/context.md").read_text(encoding="utf-8")
    assert cli.data("memory", "show", "order-20417")["memory"] == {"context": text}
    chat = json.loads((WORKSPACE / "conversations/chat-1003.json").read_text(encoding="utf-8"))
    assert cli.data("memory", "show", "chat-1003")["memory"] == chat


def test_what_is_stored_already_is_not_written_again(filled: Cli) -> None:
    assert filled.data("memory", "import", str(WORKSPACE))["counts"] == {"unchanged": 7}
    filled("memory", "append", "chat-1001", "--role", "user", "--content", "x")
    filled("memory", "rm", "chat-1002")
    counts = filled.data("memory", "import", str(WORKSPACE))["counts"]
    assert counts == {"unchanged": 5, "updated": 1, "created": 1}
    assert len(filled.data("memory", "history", "chat-1001")["revisions"]) == 3


@pytest.mark.parametrize("layout", ["json", "auto"])
def test_any_id_survives_an_export_and_an_import(cli: Cli, layout: str) -> None:
    for number, name in enumerate(HARD):
        cli("memory", "save", name, stdin=json.dumps({"context": f"text {number}\r\n"}))
        cli("memory", "save", f"{name} chat", stdin=json.dumps({"messages": [number]}))
    cli("memory", "export", "out", "--layout", layout)
    assert len(files(Path("out"))) == 2 * len(HARD)
    folded = {name.casefold() for name in files(Path("out"))}
    assert len(folded) == 2 * len(HARD)
    counts = cli.data("memory", "import", "out", "--layout", layout)["counts"]
    assert counts == {"unchanged": 2 * len(HARD)}


def test_an_export_in_the_layout_of_the_framework(cli: Cli) -> None:
    for name in ("_shared", "Thread-1", "a/b"):
        cli("memory", "save", name, stdin=json.dumps({"context": f"of {name}\n"}))
    cli("memory", "export", "out", "--layout", "ingenious")
    assert files(Path("out")) == {
        "memory/context.md",
        "memory/Thread-1/context.md",
        "memory/a/b/context.md",
    }
    assert Path("out/memory/a/b/context.md").read_bytes() == b"of a/b\n"
    for place in ("out", "out/memory"):
        assert cli.data("memory", "import", place)["counts"] == {"unchanged": 3}


@pytest.mark.parametrize("name", ["../up", "c:\\x", "con/../x", "a\x00"])
def test_nothing_is_written_outside_of_the_folder(cli: Cli, name: str) -> None:
    cli("memory", "save", "ok", stdin='{"context": "x"}')
    cli("memory", "save", name.replace("\x00", "\n"), stdin='{"context": "x"}')
    before = files(cli.folder)
    data = cli.data("memory", "export", "out", "--layout", "ingenious", code=1)
    assert data["counts"] == {"written": 1, "failed": 1}
    assert files(cli.folder) - before == {"out/memory/ok/context.md"}


def test_the_framework_layout_refuses_what_it_has_no_form_for(filled: Cli) -> None:
    result = filled("memory", "export", "out", "--layout", "ingenious", code=1)
    assert result.stderr.count("error: conversation 'chat-100") == 3
    assert "4 written" in result.stderr


def test_an_export_of_some(filled: Cli) -> None:
    filled("memory", "export", "out", "chat-1001", "chat-1002", "chat-1001")
    assert files(Path("out")) == {"chat-1001.json", "chat-1002.json"}
    record = json.loads(Path("out/chat-1001.json").read_text(encoding="utf-8"))
    assert record["format"] == "ingenious.conversation/1"
    assert record["conversation"] == "chat-1001"


def test_an_export_of_what_is_not_there(filled: Cli) -> None:
    data = filled.data("memory", "export", "out", "chat-1001", "nobody", code=3)
    assert data["counts"] == {"written": 1, "failed": 1}
    failed = data["conversations"][1]
    assert (failed["conversation"], failed["error"]["code"]) == ("nobody", "memory_not_found")


def test_an_export_spares_a_folder_that_is_not_empty(filled: Cli) -> None:
    filled.write("out/mine.txt", "mine")
    assert filled.error("memory", "export", "out", code=4)["code"] == "already_exists"
    filled("memory", "export", "out", "--force")
    assert "mine.txt" in files(Path("out"))


def test_a_file_that_cannot_be_written_is_the_only_one_that_is_missing(filled: Cli) -> None:
    Path("out/chat-1002.json").mkdir(parents=True)
    data = filled.data("memory", "export", "out", "--force", code=1)
    assert data["counts"] == {"written": 6, "failed": 1}
    assert len(files(Path("out"))) == 6
    (failed,) = (each for each in data["conversations"] if each["status"] == "failed")
    assert (failed["conversation"], failed["path"]) == ("chat-1002", None)
    assert "chat-1002.json" in failed["error"]["message"]


def test_a_folder_is_synced_once_for_many_files(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(2 * BATCH):
        cli("memory", "save", f"c-{number}", stdin="{}")
    synced: list[Path] = []
    monkeypatch.setattr(whole_files, "sync_folder", synced.append)
    cli("memory", "export", "out")
    assert synced == [Path("out")] * 2


def test_what_was_read_before_an_error_is_written(tmp_path: Path) -> None:
    """As where a worker of other processes is lost."""

    def made() -> Iterator[Form]:
        yield from (form(name, {}, "json") for name in ("a", "b"))
        raise UnavailableError("lost")

    with Storage(Settings(storage=StorageSettings(type="inmemory"))) as storage:
        written = Export(storage.memory, tmp_path / "out").write(made())
        assert [next(written).status for _ in range(2)] == ["written", "written"]
        with pytest.raises(UnavailableError, match="lost"):
            next(written)
    assert files(tmp_path / "out") == {"a.json", "b.json"}


def test_an_id_that_would_be_the_folder_of_anothers_file_is_written_as_json(cli: Cli) -> None:
    for name in ("a", "a/context.md", "b/Context.md/c"):
        cli("memory", "save", name, stdin='{"context": "text"}')
    data = cli.data("memory", "export", "out", "--layout", "auto")
    assert data["counts"] == {"written": 3}
    assert "memory/a/context.md" in files(Path("out"))
    assert cli.data("memory", "import", "out")["counts"] == {"unchanged": 3}


def test_an_export_and_the_same_again_are_equal(filled: Cli) -> None:
    for folder in ("one", "two"):
        filled("memory", "export", folder)
    for name in files(Path("one")):
        assert Path("one", name).read_bytes() == Path("two", name).read_bytes()


def test_a_single_file(cli: Cli) -> None:
    cli("memory", "import", cli.write("My%2FChat.json", {"messages": []}))
    cli("memory", "import", str(WORKSPACE / "memory" / "context.md"))
    cli("memory", "import", str(WORKSPACE / "memory" / "thread-7c3e" / "context.md"))
    assert cli.data("memory", "ls")["conversations"] == ["My/Chat", "_shared", "thread-7c3e"]


def test_one_bad_file_does_not_stop_the_others(cli: Cli) -> None:
    cli.write("in/a.json", {"messages": []})
    cli.write("in/b.json", "{")
    cli.write("in/c.json", {"format": "ingenious.conversation/2", "conversation": "c"})
    cli.write("in/d.json", {"format": "ingenious.conversation/1", "conversation": 7, "memory": 1})
    cli.write("in/e.json", {"format": "ingenious.conversation/1", "conversation": "", "memory": 1})
    cli.write("in/f.json", "123456789012345678901")
    cli.write("in/z.json", {"format": "mine/1", "messages": []})
    result = cli("memory", "import", "in", code=1)
    lines = [line for line in result.stderr.splitlines() if line.startswith("error:")]
    assert len(lines) == 5
    assert "error: in/b.json is not JSON: line 1, column 2" in result.stderr
    assert "release reads 'ingenious.conversation/1'" in result.stderr
    assert cli.data("memory", "ls")["conversations"] == ["a", "z"]


def test_one_conversation_in_two_files_is_refused(cli: Cli) -> None:
    record = {"format": "ingenious.conversation/1", "conversation": "a", "memory": 1}
    cli.write("in/a.json", {"messages": []})
    cli.write("in/b.json", record)
    data = cli.data("memory", "import", "in", code=1)
    assert data["counts"] == {"failed": 1, "created": 1}
    assert "is in in/a.json too" in data["conversations"][0]["error"]["message"].replace("\\", "/")


def test_links_and_other_files_are_left_alone(cli: Cli) -> None:
    cli.write("in/a.json", {"messages": []})
    cli.write("in/notes.txt", "x")
    Path("in/link.json").symlink_to(Path("a.json"))
    assert cli.data("memory", "import", "in")["counts"] == {"created": 1}


def test_nothing_to_import(cli: Cli) -> None:
    Path("empty").mkdir()
    assert cli.error("memory", "import", "empty", code=3)["code"] == "not_found"
    assert cli.error("memory", "import", "nowhere", code=2)["code"] == "usage"


def test_more_than_one_batch(cli: Cli) -> None:
    for number in range(150):
        cli.write(f"in/{number}.json", {"messages": [number]})
    assert cli.data("memory", "import", "in")["counts"] == {"created": 150}
    assert cli.data("memory", "export", "out")["counts"] == {"written": 150}
    assert cli.data("memory", "import", "out")["counts"] == {"unchanged": 150}
