"""What earlier releases wrote is read, verified, gone on with, and repaired."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from ingenious_storage import FileStorage, MemoryManager, PromptLibrary
from ingenious_storage.backends.local.backend import LocalBackend
from ingenious_storage.documents import DocumentStore, gc, repair, verify
from ingenious_storage.documents.format.segment import MAX_ENTRIES
from ingenious_storage.errors import MemoryNotFoundError, PromptNotFoundError, RevisionPrunedError
from ingenious_storage.services.kinds import MEMORIES
from tests.library.documents.written.write import NUMBERS, WORDS
from tests.support.layering import files_on

HERE = Path(__file__).parent
ORJSON = ("orjson-3.11.6", "orjson-3.11.7")


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """By the code of commit 6cc1ca6."""
    return Path(shutil.copytree(HERE / "first", tmp_path / "first"))


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """By the code of commit 4885fa8."""
    return Path(shutil.copytree(HERE / "second", tmp_path / "second"))


def files_of(folder: Path) -> FileStorage:
    return files_on(LocalBackend(folder), accept_plain=True)


def memory_of(folder: Path) -> MemoryManager:
    return MemoryManager(files_of(folder / "data"))


def prompts_of(folder: Path) -> PromptLibrary:
    return PromptLibrary(files_of(folder / "revisions"))


def whole(folder: Path, documents: int) -> None:
    for name, count in (("data", documents), ("revisions", 3)):
        report = verify(DocumentStore(files_of(folder / name)))
        assert (report.documents, report.problems, report.orphans) == (count, (), ())
        assert gc(DocumentStore(files_of(folder / name))).keys == ()


def is_readable(memory: MemoryManager) -> None:
    for number in range(1, 71):
        assert memory.load_memory("grows", revision=number) == {"messages": [*range(number)]}
        assert memory.load_memory("changes", revision=number)["turn"] == number - 1
    history = memory.history("grows", limit=None)[-70:]
    assert [r.message for r in history] == [f"Turn {turn}" for turn in range(69, -1, -1)]
    assert {(r.author, r.tags) for r in history} == {("ann", ("t",))}
    assert memory.load_memory("日" * 80) == "a long id"
    with pytest.raises(RevisionPrunedError):
        memory.load_memory("pruned", revision=32)
    assert memory.load_memory("pruned", revision=33) == [32]


def test_it_is_read(first: Path) -> None:
    whole(first, 5)
    memory, prompts = memory_of(first), prompts_of(first)
    is_readable(memory)
    with pytest.raises(MemoryNotFoundError):
        memory.load_memory("deleted")
    assert list(memory.list_conversations()) == ["日" * 80, "changes", "grows", "pruned"]
    assert list(prompts.list_sets()) == ["quickstart-1"]
    label = prompts.get_label("production")
    assert prompts.get_set("quickstart-1", revision=label)["a.md"] == "A 39"
    assert [each.number for each in prompts.label_history("production", limit=None)] == list(
        range(41, 1, -1)
    )
    assert prompts.get_set("quickstart-1", revision=1) == {"a.md": "A", "b/c.jinja": "C"}
    with pytest.raises(PromptNotFoundError):
        prompts.get_set("gone")


def test_it_is_gone_on_with(first: Path) -> None:
    memory, prompts = memory_of(first), prompts_of(first)
    memory.restore_memory("deleted")
    for turn in range(70, 120):
        memory.append_messages("grows", [turn])
        memory.save_memory("changes", {"turn": turn})
        prompts.commit("quickstart-1", {"a.md": f"A {turn}"})
    is_readable(memory_of(first))
    assert memory_of(first).load_memory("deleted") == {"a": 1}
    assert memory_of(first).load_memory("grows") == {"messages": [*range(120)]}
    assert prompts_of(first).get_set("quickstart-1", revision=2)["a.md"] == "A 0"
    whole(first, 5)


def test_its_heads_come_back(first: Path) -> None:
    """Only segments with a keyframe can do that: of `grows` there is none yet."""
    memory, store = memory_of(first), DocumentStore(files_of(first / "data"))
    for name in ("grows", "changes"):
        store.files.delete(MEMORIES.key(name))
    found = {done.key: done for done in repair(store, dry_run=False)}
    changes = found[MEMORIES.key("changes")]
    assert changes.revision is not None
    assert changes.revision.number % MAX_ENTRIES == 0
    assert memory.load_memory("changes")["turn"] == changes.revision.number - 1
    grows = found[MEMORIES.key("grows")]
    assert (grows.source, len(grows.lost), grows.lost_up_to) == (None, 64, 64)


def test_the_next_seal_of_it_is_a_keyframe(first: Path) -> None:
    memory = memory_of(first)
    for turn in range(70, 100):
        memory.append_messages("grows", [turn])
    store = DocumentStore(files_of(first / "data"))
    store.files.delete(MEMORIES.key("grows"))
    (done,) = repair(store, dry_run=False)
    assert done.revision is not None
    assert done.revision.number == 96
    assert memory_of(first).load_memory("grows", revision=1) == {"messages": [0]}


def test_the_second_is_read(second: Path) -> None:
    memory, prompts = memory_of(second), prompts_of(second)
    for number in range(1, 101):
        assert memory.load_memory("grows", revision=number) == {"messages": [*range(number)]}
        assert memory.load_memory("changes", revision=number)["turn"] == number - 1
    assert memory.load_memory("changes")["turn"] == 39
    assert memory.load_memory("comes back") == {"a": 1}
    assert memory.load_memory("numbers") == NUMBERS
    assert memory.load_memory("made again") == {"again": 39}
    assert memory.load_memory("made again", revision=1) == {"again": 0}
    for gone in ("purged", "deleted"):
        with pytest.raises(MemoryNotFoundError):
            memory.load_memory(gone)
    names = ["日" * 80, "changes", "comes back", "grows", "made again", "numbers", "pruned"]
    assert sorted(memory.list_conversations()) == sorted(names)
    for label, turn in (("canary", 68), ("production", 58)):
        pinned = prompts.get_label(label)
        assert prompts.get_set("quickstart-1", revision=pinned)["a.md"] == f"A {turn}"
    assert [each.number for each in prompts.label_history("production")] == [60, 50]
    for name in ("data", "revisions"):
        report = verify(DocumentStore(files_of(second / name)))
        assert (report.problems, report.orphans) == ((), ())


def test_the_second_is_gone_on_with(second: Path) -> None:
    memory, prompts = memory_of(second), prompts_of(second)
    assert memory.snapshot("made again").revision.number == 40
    for name in ("grows", "made again", "purged", "deleted", "comes back"):
        assert memory.save_memory(name, {"new": name}).number > 0
        assert memory.rollback(name, 1).number > 1
    assert memory.load_memory("purged") == {"new": "purged"}
    for turn in range(40):
        memory.save_memory("changes", {"turn": turn})
        prompts.commit("quickstart-1", {"a.md": f"B {turn}"})
    assert memory_of(second).load_memory("changes", revision=101)["turn"] == 39
    memory.purge_memory("changes")
    memory.prune_memory("grows", keep=5)
    store = DocumentStore(files_of(second / "data"))
    gc(store, grace=timedelta(0))
    assert verify(store).problems == ()
    assert not [*store.files.list_blobs("history/conversations/changes/")]
    fresh = prompts_of(second)
    assert fresh.get_set("quickstart-1", revision=fresh.get_label("production"))["a.md"] == "A 58"


@pytest.mark.parametrize("release", ORJSON)
def test_numbers_are_the_same_whoever_wrote_them(release: str, tmp_path: Path) -> None:
    """By value and type; the SHA-256 of a revision is of its bytes, which differ."""
    folder = Path(shutil.copytree(HERE / release, tmp_path / release))
    memory = memory_of(folder)
    assert memory.load_memory("numbers") == NUMBERS
    assert memory.update_memory("numbers", lambda _old: NUMBERS).number == 35, "nothing to write"
    assert memory.update_memory("words", lambda _old: WORDS).number == 1
    whole_integer = {"numbers": [int(1e16), *NUMBERS["numbers"][1:]]}
    assert memory.update_memory("numbers", lambda _old: whole_integer).number == 36
    other = {"text": WORDS["text"].replace("1e+16", "1e16")}
    assert memory.update_memory("words", lambda _old: other).number == 2
    for number in range(1, 35):
        assert memory.load_memory("numbers", revision=number) == {**NUMBERS, "turn": number - 1}
    for turn in range(MAX_ENTRIES):
        memory.save_memory("numbers", {**NUMBERS, "turn": turn})
    assert memory_of(folder).load_memory("numbers", revision=1) == {**NUMBERS, "turn": 0}
    assert verify(DocumentStore(files_of(folder / "data"))).problems == ()


def test_the_two_write_other_bytes() -> None:
    heads = [(HERE / name / "data/conversations/numbers/memory.json") for name in ORJSON]
    assert [b"1e+16" in head.read_bytes() for head in heads] == [False, True]
