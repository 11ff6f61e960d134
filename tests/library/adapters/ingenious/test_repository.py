"""The repository on a storage in memory; beside it what `Storage` itself finds there."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ingenious_storage import (
    ConfigurationError,
    CorruptObjectError,
    InvalidDataError,
    InvalidKeyError,
    Storage,
    UnavailableError,
    wiring,
)
from ingenious_storage.adapters.ingenious.repository import (
    ingenious_storage_FileStorageRepository as Repository,
)
from ingenious_storage.backends.inmemory import InMemoryBackend
from tests.library.adapters.ingenious.conftest import Made

run = asyncio.run
PROMPTS = "templates/prompts"


def test_a_memory_is_a_conversation(repository: Made, storage: Storage) -> None:
    data, revisions = repository("data"), repository("revisions")
    run(data.write_file(contents="one\r\ntwo", file_name="context.md", file_path="memory/c-1"))
    run(data.write_file(contents="all", file_name="context.md", file_path="memory"))
    assert storage.memory.load_memory("c-1") == {"context": "one\r\ntwo"}
    assert storage.memory.load_memory("_shared") == {"context": "all"}
    for each in (data, revisions):
        assert run(each.read_file("context.md", "memory/c-1")) == "one\r\ntwo"
        assert run(each.check_if_file_exists("memory/c-1", "context.md"))
        assert run(each.list_directories("memory")) == ["c-1"]
        assert run(each.list_files("memory")) == run(each.list_files("memory/c-1")) == "context.md"
    run(data.delete_file("context.md", "memory/c-1"))
    run(data.delete_file("context.md", "memory/c-1"))
    assert not run(data.check_if_file_exists("memory/c-1", "context.md"))
    assert run(data.read_file("context.md", "memory/c-1")) == run(data.list_files("memory/c-1"))
    assert [each.deleted for each in storage.memory.history("c-1")] == [True, False]


def test_other_members_of_a_memory_stay(repository: Made, storage: Storage) -> None:
    data = repository("data")
    storage.memory.save_memory("c", {"messages": [1]})
    assert not run(data.check_if_file_exists("memory/c", "context.md"))
    run(data.write_file("text", "context.md", "memory/c"))
    assert storage.memory.load_memory("c") == {"messages": [1], "context": "text"}
    for other in ([1], {"context": 1}, "text"):
        storage.memory.save_memory("c", other)
        with pytest.raises(InvalidDataError, match="no text as 'context'"):
            run(data.read_file("context.md", "memory/c"))
        with pytest.raises(InvalidDataError):
            run(data.write_file("text", "context.md", "memory/c"))
        assert storage.memory.load_memory("c") == other


def test_prompts_are_those_of_a_set(repository: Made, storage: Storage) -> None:
    files = repository("revisions")
    storage.prompts.create_set("bike-insights", {"a.md": "A", "parts/b.md": "B"})
    for revision in ("bike_insights", "bike-insights", "Bike-Insights"):
        assert run(files.list_files(f"{PROMPTS}/{revision}")) == "a.md"
        assert run(files.list_directories(f"{PROMPTS}/{revision}")) == ["parts"]
        assert run(files.list_files(f"{PROMPTS}/{revision}/parts")) == "b.md"
        assert run(files.read_file("a.md", f"{PROMPTS}/{revision}")) == "A"
    run(files.write_file("new", "a.md", f"{PROMPTS}/made_here"))
    run(files.write_file("newer", "a.md", f"{PROMPTS}/made_here"))
    newest, oldest = storage.prompts.history("made-here")
    assert (newest.message, oldest.number) == ("prompts/update", 1)
    assert run(files.list_directories(PROMPTS)) == ["bike-insights", "made-here"]
    run(files.delete_file("a.md", f"{PROMPTS}/made_here"))
    run(files.delete_file("a.md", f"{PROMPTS}/never"))
    assert storage.prompts.get_set("made-here") == {}
    assert storage.prompts.get_set("made-here", revision=2) == {"a.md": "newer"}


def test_prompts_without_a_revision_are_a_set_of_their_own(
    repository: Made, storage: Storage
) -> None:
    files = repository("revisions")
    run(files.write_file("text", "loose.md", PROMPTS))
    assert run(files.read_file("loose.md", PROMPTS)) == "text"
    assert run(files.list_files(PROMPTS)) == "loose.md"
    assert run(files.list_directories(PROMPTS)) == []
    assert storage.prompts.get("no-revision", "loose.md") == "text"
    with pytest.raises(InvalidKeyError, match="may not be named"):
        run(files.write_file("x", "a.md", f"{PROMPTS}/no-revision"))


def test_a_label_is_a_revision_that_nobody_can_edit(repository: Made, storage: Storage) -> None:
    files, production = repository("revisions"), f"{PROMPTS}/production"
    storage.prompts.create_set("r", {"a.md": "released"})
    storage.prompts.set_label("production", "r")
    run(files.write_file("edited", "a.md", f"{PROMPTS}/r"))
    assert run(files.read_file("a.md", production)) == "released"
    assert run(files.list_files(production)) == "a.md"
    assert run(files.check_if_file_exists(production, "a.md"))
    assert run(files.list_directories(PROMPTS)) == ["r"]
    for change in (
        files.write_file("x", "a.md", production),
        files.delete_file("a.md", production),
    ):
        with pytest.raises(InvalidKeyError, match="'production' is a label, which pins revision 1"):
            run(change)
    assert storage.prompts.get_label("production").number == 1
    storage.prompts.create_set("production", {"a.md": "a set goes first"})
    assert run(files.read_file("a.md", production)) == "a set goes first"
    assert run(files.read_file("a.md", f"{PROMPTS}/neither")) == ""


def test_other_files_are_blobs_of_their_category(repository: Made, storage: Storage) -> None:
    data, revisions = repository("data"), repository("revisions")
    folder = "functional_test_outputs/r-1"
    run(revisions.write_file("\u6771\u4eac", "o.md", folder))
    assert storage.revisions.load_text(f"files/{folder}/o.md") == "\u6771\u4eac"
    assert run(revisions.list_files(folder)) == "o.md"
    assert run(revisions.list_directories("functional_test_outputs")) == ["r-1"]
    assert run(revisions.check_if_file_exists(folder, "o.md"))
    assert run(data.list_files(folder)) == run(data.read_file("o.md", folder)) == ""
    storage.revisions.save_bytes(f"files/{folder}/o.md", b"\xff")
    with pytest.raises(CorruptObjectError):
        run(revisions.read_file("o.md", folder))
    run(revisions.delete_file("o.md", folder))
    run(revisions.delete_file("o.md", folder))
    assert list(storage.revisions.list_keys()) == []


def test_the_tree_begins_at_the_top(repository: Made, storage: Storage) -> None:
    files = repository("data")
    assert run(files.list_directories("")) == []
    run(files.write_file("x", "a/context.md", "memory"))
    run(files.write_file("x", "notes.md", "memory/b"))
    run(files.write_file("x", "a.md", f"{PROMPTS}/r"))
    run(files.write_file("x", "top.md", "./"))
    assert run(files.list_directories("./")) == ["memory", "templates"]
    assert run(files.list_directories("templates")) == ["prompts"]
    assert run(files.list_directories("memory")) == ["a", "b"]
    assert run(files.list_files("")) == "top.md"
    storage.memory.save_memory("../x//y", {"context": ""})
    assert run(files.list_directories("memory")) == ["a", "b"]


def test_what_cannot_be_there_is_missing_to_a_reader(repository: Made) -> None:
    files = repository("data")
    for name in ("trailing.", "nul\0", "x" * 1100):
        for folder in (f"{PROMPTS}/r", "outputs"):
            assert run(files.read_file(name, folder)) == ""
            assert not run(files.check_if_file_exists(folder, name))
            run(files.delete_file(name, folder))
            with pytest.raises(InvalidKeyError):
                run(files.write_file("x", name, folder))
    assert run(files.list_files("a\0b")) == ""
    assert run(files.list_files("/app/templates/prompts")) == ""
    assert run(files.list_directories("/app")) == []
    for path in ("../x", "memory/../../x"):
        for call in (
            files.list_files(path),
            files.read_file("a", path),
            files.delete_file("a", path),
        ):
            with pytest.raises(InvalidKeyError):
                run(call)


def test_contents_are_text(repository: Made) -> None:
    files: Any = repository("data")
    for path, name in (("memory/c", "context.md"), (f"{PROMPTS}/r", "a.md"), ("o", "a.md")):
        for contents in (b"bytes", None, "lone \ud800"):
            with pytest.raises(InvalidDataError):
                run(files.write_file(contents, name, path))
            assert not run(files.check_if_file_exists(path, name))


def test_an_outage_is_raised(repository: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_args: object, **_options: object) -> None:
        raise UnavailableError("no answer")

    for call in ("get", "list", "put", "head", "delete"):
        monkeypatch.setattr(InMemoryBackend, call, down)
    files = repository("data")
    for path, name in (("memory/c", "context.md"), (f"{PROMPTS}/r", "a.md"), ("o", "a.md")):
        for asked in (
            files.read_file(name, path),
            files.check_if_file_exists(path, name),
            files.list_files(path),
            files.list_directories(path.rpartition("/")[0]),
            files.write_file("x", name, path),
            files.delete_file(name, path),
        ):
            with pytest.raises(UnavailableError):
                run(asked)


def test_making_one_reads_nothing_and_raises_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(wiring, "_default", None)
    (tmp_path / "config.yml").write_text("storage: {type: nowhere}")
    made = Repository(config=None, fs_config=SimpleNamespace(path="./x"))
    assert run(made.get_base_path()) == "./x"
    made = Repository(config=config, fs_config=config.file_storage.data)
    with pytest.raises(ConfigurationError):
        run(made.list_files("memory"))
    assert [path.name for path in tmp_path.iterdir()] == ["config.yml"]


def test_the_storage_is_that_of_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(wiring, "_default", None)
    monkeypatch.setenv("INGENIOUS_STORAGE__BASE_PATH", "here")
    made = Repository(config=config, fs_config=config.file_storage.data)
    run(made.write_file("x", "context.md", "memory/c"))
    head = tmp_path / "here" / "ingenious-data" / "conversations" / "c" / "memory.json"
    assert b'"context":"x"' in head.read_bytes()


def test_any_thread_and_event_loop_may_call(repository: Made, storage: Storage) -> None:
    data = repository("data")

    def work(number: int) -> None:
        for step in range(3):
            run(data.write_file(f"{number}-{step}", "context.md", f"memory/c-{number}"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [storage.memory.load_memory(f"c-{n}")["context"] for n in range(6)] == [
        f"{n}-2" for n in range(6)
    ]
