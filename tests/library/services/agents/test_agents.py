"""Documents of frameworks on whole stacks: named by texts, listed, changed in groups, erased."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.documents import Document, revisions
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    CorruptObjectError,
    InvalidDataError,
    InvalidKeyError,
    NotFoundError,
)
from ingenious_storage.keys import is_hidden_segment
from ingenious_storage.services import agents
from ingenious_storage.services.agents import AgentName, name_by_key, name_of, named, owns
from tests.support.arriving import Arrivals
from tests.support.counting import CountingBackend
from tests.support.faults import FaultyBackend, before, on
from tests.support.layering import new_key_file

PARTS = [
    ("thread", ""),
    ("thread", "child"),
    ("wörter/日本語", "~"),
    ("..", "a b"),
    ("x" * 300, ""),
    ("thread",),
    (),
]
VALUE = {
    "raw": bytes(range(256)),
    "nan": math.inf,
    5: [None, True, -1, 2**64 - 1],
    "lone": "\ud800",
    "deep": {"a": [{"b": {}}]},
}


def putting(value: Any) -> Callable[[Any], Any]:
    return lambda _data: value


def adding(item: Any) -> Callable[[Any], Any]:
    return lambda data: [*(data or []), item]


@pytest.fixture
def folder(tmp_path: Path) -> Storage:
    return Storage(Settings(storage=StorageSettings(base_path=tmp_path)))


def test_a_life_on_every_store(storage: Storage) -> None:
    documents = storage.agents("langgraph")
    key = documents.key("thread", "", leaf="state")
    assert key == "agents/langgraph/thread/~/state.msgpack"
    for turn in range(40):
        documents.change("thread", "", leaf="state", fn=putting({**VALUE, "n": turn}))
    assert documents.store.load(key).data == {**VALUE, "n": 39}
    assert documents.store.load(key, revision=3).data == {**VALUE, "n": 2}
    found = [
        each.data["n"] for each in revisions(documents.store, key) if isinstance(each, Document)
    ]
    assert found == list(range(39, -1, -1))
    assert list(documents.names("thread")) == [AgentName(("thread", ""), "state")]
    report = storage.verify()["data"]
    assert (report.documents, report.revisions, report.problems) == (1, 40, ())
    assert storage.gc(grace=timedelta(0))["data"].keys == ()
    assert list(storage.memory.list_conversations()) == []
    (receipt,) = documents.purge("thread")
    assert (receipt.key, receipt.revisions) == (key, 40)
    with pytest.raises(NotFoundError):
        documents.store.load(key)
    assert list(documents.names()) == []
    assert not list(storage.data.list_keys("history/"))


def test_names_come_back_whatever_they_are(folder: Storage) -> None:
    documents = folder.agents("langgraph")
    for parts in PARTS[:-1]:
        documents.change(*parts, leaf="state", fn=putting(1))
    assert {each.parts for each in documents.names()} == set(PARTS[:-1])
    for parts in PARTS[:-1]:
        assert owns(documents.key(*parts, leaf="state"))
    below = {each.parts for each in documents.names("thread")}
    assert below == {("thread", ""), ("thread", "child"), ("thread",)}
    assert len({documents.key(*parts, leaf="state") for parts in PARTS[:-1]}) == len(PARTS) - 1


def test_frameworks_and_memories_do_not_meet(folder: Storage) -> None:
    folder.agents("langgraph").change("a", leaf="state", fn=putting(1))
    folder.agents("openai-agents").change("a", leaf="state", fn=putting(2))
    folder.memory.save_memory("a", {"three": 3})
    assert [each.parts for each in folder.agents("langgraph").names()] == [("a",)]
    assert folder.agents("openai-agents").purge("a")[0].revisions == 1
    assert folder.agents("langgraph").purge("nobody") == []
    assert folder.memory.load_memory("a") == {"three": 3}
    assert folder.verify()["data"].documents == 2
    assert folder.agents("langgraph") is folder.agents("langgraph")


def test_a_tuple_is_a_list_afterwards_and_other_types_are_refused_before_any_io(
    folder: Storage,
) -> None:
    documents = folder.agents("langgraph")
    documents.change("a", leaf="state", fn=putting((1, (2,))))
    assert documents.store.load(documents.key("a", leaf="state")).data == [1, [2]]
    for value in ({1, 2}, object(), 2**64, {"x": 1j}):
        with pytest.raises(InvalidDataError):
            documents.change("b", leaf="state", fn=putting(value))
    assert [each.parts for each in documents.names()] == [("a",)]


def test_names_that_no_document_can_have(folder: Storage) -> None:
    documents = folder.agents("langgraph")
    with pytest.raises(InvalidKeyError):
        documents.key("\ud800", leaf="state")
    with pytest.raises(InvalidKeyError):
        documents.change(*["x" * 190] * 6, leaf="state", fn=putting(1))


@pytest.mark.parametrize(
    "key",
    [
        "agents/langgraph/a/state.json",
        "agents/langgraph/state.msgpack",
        "agents/Lang/a/state.msgpack",
        "agents/langgraph/a b/state.msgpack",
        "agents/langgraph/a/State.msgpack",
        "conversations/a/memory.json",
    ],
)
def test_keys_of_others(key: str) -> None:
    assert not owns(key)
    assert name_by_key(key) is None


@pytest.mark.parametrize("name", ["", "5", "[]", '["a", 5]', '"a"'])
def test_a_name_that_is_none(name: str) -> None:
    with pytest.raises(CorruptObjectError):
        name_of(name, key="agents/langgraph/a/state.msgpack")
    assert name_of(named(["a", ""], "state"), key="k") == AgentName(("a", ""), "state")


def test_hidden_names(tmp_path: Path) -> None:
    settings = StorageSettings(
        base_path=tmp_path / "data",
        encryption={
            "provider": "key_file",
            "key_file": new_key_file(tmp_path),
            "hide_ids": True,
        },
    )
    with Storage(Settings(storage=settings)) as storage:
        documents = storage.agents("langgraph")
        documents.change("+49 171 5550123", "", leaf="state", fn=putting(b"secret"))
        documents.change("somebody", leaf="state", fn=putting(1))
        (name,) = documents.names("+49 171 5550123")
        assert name == AgentName(("+49 171 5550123", ""), "state")
        assert {each.parts[0] for each in documents.names()} == {"+49 171 5550123", "somebody"}
        keys = [*storage.data.list_keys(agents.ROOT)]
        assert all(is_hidden_segment(key.split("/")[2]) for key in keys)
        report = storage.verify()["data"]
        assert (report.documents, report.problems) == (2, ())
        (receipt,) = documents.purge("+49 171 5550123")
        assert len(receipt.keys or ()) == 1, "its key went with it"
    raw = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    paths = " ".join(map(str, tmp_path.rglob("*")))
    assert b"5550123" not in raw
    assert "5550123" not in paths


def test_a_copy_is_found_by_its_own_name(folder: Storage) -> None:
    documents = folder.agents("langgraph")
    for turn in range(40):
        documents.change("a", "", leaf="state", fn=putting(turn))
    long = "x" * 300
    for to in (("b", ""), (long, "~")):
        assert documents.copy("a", "", leaf="state", to=to).revisions == 40
        key = documents.key(*to, leaf="state")
        assert documents.store.load(key, revision=2).data == 1
        assert list(documents.names(*to)) == [AgentName(to, "state")]
    with pytest.raises(AlreadyExistsError):
        documents.copy("a", "", leaf="state", to=("b", ""))
    with pytest.raises(NotFoundError):
        documents.copy("nobody", leaf="state", to=("c",))
    assert folder.verify()["data"].revisions == 120


def test_the_old_ends_of_many_histories_are_dropped(folder: Storage) -> None:
    documents = folder.agents("langgraph")
    for name, count in (("a", 70), ("b", 40), ("c", 5)):
        for turn in range(count):
            documents.change("thread", name, leaf="state", fn=putting(turn))
    for turn in range(40):
        documents.change("other", leaf="state", fn=putting(turn))
    documents.change("thread", "purged", leaf="state", fn=putting(1))
    documents.purge("thread", "purged")
    for rule in ({}, {"keep": 0}, {"superseded": -timedelta(1)}):
        with pytest.raises(ValueError, match=r"keep|superseded"):
            documents.prune("thread", **rule)
    would = documents.prune("thread", keep=8, dry_run=True)
    assert [(each.first, each.revisions) for each in would] == [(33, 32), (33, 32), (1, 0)]
    assert (
        len(documents.store.history(documents.key("thread", "a", leaf="state"), limit=None)) == 70
    )
    done = documents.prune("thread", keep=8)
    assert [each.revisions for each in done] == [each.revisions for each in would]
    assert [each.revisions for each in documents.prune("thread", superseded=timedelta(days=1))] == [
        0
    ] * 3
    assert [each.revisions for each in documents.prune("thread", superseded=timedelta(0))] == [
        32,
        0,
        0,
    ]
    report = folder.verify()["data"]
    assert (report.revisions, report.problems, report.orphans) == (6 + 8 + 5 + 40, (), ())
    assert documents.prune("nobody", keep=1) == []


def test_a_lost_head_is_told_and_repaired(folder: Storage) -> None:
    documents = folder.agents("langgraph")
    for turn in range(40):
        documents.change("a", leaf="state", fn=putting(turn))
    key = documents.key("a", leaf="state")
    folder.data.delete(key)
    (problem,) = folder.verify()["data"].problems
    assert (problem.key, problem.code) == (key, "lost_head")
    assert folder.gc(grace=timedelta(0))["data"].keys == ()
    (done,) = folder.repair(dry_run=False)["data"]
    assert (done.key, done.name) == (key, named(["a"], "state"))
    assert documents.store.load(key).data == 31
    assert folder.verify()["data"].problems == ()


def test_concurrent_changes_of_all_threads_are_few_writes(tmp_path: Path) -> None:
    made: dict[str, CountingBackend] = {}

    def backend(settings: StorageSettings, name: str) -> Any:
        from ingenious_storage.wiring import build_backend

        faulty = FaultyBackend(build_backend(settings, name), rule)
        return made.setdefault(name, CountingBackend(faulty))

    behind = Arrivals()
    rule = on("put", "head", before(behind.waiting(15)))  # the first write waits for all others
    settings = Settings(storage=StorageSettings(base_path=tmp_path))
    with Storage(settings, backend=backend) as storage:
        documents, gate = storage.agents("langgraph"), threading.Barrier(16)

        def work(who: int) -> list[int]:
            gate.wait(20)
            more = [documents.change("a", leaf="state", fn=adding([who, n])) for n in range(10)]
            return [each.number for each in more]

        with ThreadPoolExecutor(16) as pool, behind:
            numbers = list(pool.map(work, range(16)))
        data = documents.store.load(documents.key("a", leaf="state")).data
        assert sorted(data) == [[who, n] for who in range(16) for n in range(10)]
        assert sorted(mine[0] for mine in numbers) == [1] + [2] * 15
        assert max(map(max, numbers)) <= 160 - 14


def test_expected_and_rollback_as_every_document_has_them(folder: Storage) -> None:
    documents = folder.agents("langgraph")
    key = documents.key("a", leaf="state")
    first = documents.change("a", leaf="state", fn=putting(b"one"))
    documents.change("a", leaf="state", fn=putting(b"two"))
    with pytest.raises(ConflictError):
        documents.store.save(key, b"three", expected=first)
    assert documents.store.rollback(key, first).number == 3
    assert documents.store.load(key).data == b"one"
    documents.store.delete(key)
    assert list(documents.names()) == []
    documents.store.restore(key)
    assert documents.store.load(key).data == b"one"


def test_single_revisions_of_one_document_are_erased(storage: Storage) -> None:
    documents = storage.agents("test")
    for number in range(5):
        documents.change("thread", leaf="state", fn=putting({"n": number}), begins=True)
    receipt = documents.rewrite("thread", leaf="state", without=[2, 3])
    assert receipt.revisions == (2, 3)
    key = documents.key("thread", leaf="state")
    assert [one.erased for one in documents.store.history(key)] == [False, False, True, True, False]
    assert documents.store.load(key, revision=4).data == {"n": 3}
