"""What concerns many checkpoints: deleted runs, pruned and copied threads."""

from __future__ import annotations

from typing import Any

import pytest

from ingenious_storage import AlreadyExistsError
from ingenious_storage.adapters.langgraph import StorageSaver
from ingenious_storage.adapters.langgraph.threads.namespace import Namespace
from tests.library.adapters.langgraph.threads.conftest import Opened
from tests.library.adapters.langgraph.threads.graphs import Chat, DeltaChat, chat, say
from tests.library.adapters.langgraph.threads.steps import (
    get,
    ids_of,
    named,
    put,
    steps,
    writes_of,
)
from tests.support.counting import CountingBackend

ROOT = named()


def of_run(saver: StorageSaver, name: str, run: str) -> Any:
    """A checkpoint of a run, with writes of a task."""
    config = put(saver, ROOT, name, {"run_id": run}, a=name)
    saver.put_writes(config, [("a", f"write {name}")], "task")
    return config


def test_deleted_runs_are_gone_and_the_thread_goes_on(opened: Opened) -> None:
    saver, runs = opened(), "abcabcabcabc"
    for number, run in enumerate(runs):
        of_run(saver, f"{number:02}", run)
    opened().delete_for_runs(["b", "c"])
    left = [f"{number:02}" for number, run in enumerate(runs) if run == "a"]
    for each in (saver, opened()):
        assert ids_of(each.list(ROOT)) == left[::-1]
        assert get(each, ROOT).checkpoint["id"] == left[-1]
        assert each.get_tuple(named(checkpoint="01")) is None
        for name in left:
            assert writes_of(each, named(checkpoint=name)) == [("task", "a", f"write {name}")]
    of_run(saver, "10", "d")  # between two that are gone
    of_run(saver, "20", "d")
    assert ids_of(opened().list(ROOT)) == ["20", "10", *left[::-1]]
    assert writes_of(opened(), named(checkpoint="09")) == [("task", "a", "write 09")]


def test_a_thread_of_which_all_was_deleted_is_empty_and_can_begin_again(opened: Opened) -> None:
    saver = opened()
    for name in ("1", "2"):
        of_run(saver, name, "a")
    saver.delete_for_runs(["a"])
    for each in (saver, opened()):
        assert each.get_tuple(ROOT) is None
        assert ids_of(each.list(ROOT)) == []
        assert each.get_tuple(named(checkpoint="1")) is None
    of_run(opened(), "1", "b")
    found = get(saver, ROOT)
    assert found.checkpoint["channel_values"] == {"a": "1"}
    assert found.pending_writes == [("task", "a", "write 1")]


def test_who_becomes_the_newest_keeps_its_writes(opened: Opened) -> None:
    """They were folded into a revision that nobody reads for the newest checkpoint."""
    saver = opened()
    for number, run in enumerate("abbbbbbbbb"):
        of_run(saver, f"{number:02}", run)
    saver.delete_for_runs(["b"])
    for each in (saver, opened()):
        assert writes_of(each, ROOT) == [("task", "a", "write 00")]
        assert [found.pending_writes for found in each.list(ROOT)] == [[("task", "a", "write 00")]]


def test_runs_of_other_threads_stay(opened: Opened, backend: CountingBackend) -> None:
    saver = opened()
    for thread in ("t", "u"):
        put(saver, named(thread), "1", {"run_id": thread})
    saver.delete_for_runs(["u"])
    assert ids_of(opened().list(None)) == ["1"]
    backend.reset()
    saver.delete_for_runs(["nobody's"])
    saver.delete_for_runs([])
    assert backend.operations["put"] == 0


def test_only_the_newest_is_kept_with_its_writes(opened: Opened) -> None:
    saver = opened()
    ids = steps(saver, 40)
    fork = put(saver, named(checkpoint=ids[3]), a="fork")
    saver.put_writes(fork, [("a", "kept")], "task")
    saver.prune(["t", "not there"])
    newest = max(*ids, fork["configurable"]["checkpoint_id"])
    for each in (saver, opened()):
        assert ids_of(each.list(ROOT)) == [newest]
        assert writes_of(each, ROOT) == [("task", "a", "kept")]
        assert each.get_tuple(named(checkpoint=ids[-1])) is None
    assert put(saver, fork, a="goes on")
    assert len(ids_of(opened().list(ROOT))) == 2


def test_pruning_erases_what_is_in_segments(opened: Opened, backend: CountingBackend) -> None:
    saver = opened()
    ids = steps(saver, 100)
    saver.put_writes(named(checkpoint=ids[1]), [("late", 1)], "late")
    steps(saver, 1)
    before = stored_bytes(backend)
    opened().prune(["t"])
    left = [blob.key for blob in backend.inner.list("history/", limit=1000).blobs]
    assert left == []
    assert stored_bytes(backend) < before / 2
    for each in (saver, opened()):
        assert len(ids_of(each.list(ROOT))) == 1
        for name in (ids[0], ids[1], ids[50], ids[-1]):
            assert each.get_tuple(named(checkpoint=name)) is None
    put(saver, ROOT, a=1)
    view = Namespace(saver.documents, "t", "").view()
    assert view is not None
    assert ids[1] not in view.state["late"] | view.state["folded"]
    assert len(view.state["hidden"]) <= 32
    storage = saver._place.storage
    assert storage is not None
    assert [report for report in storage.verify().values() if report.problems] == []


def stored_bytes(backend: CountingBackend) -> int:
    return sum(blob.size for blob in backend.inner.list("", limit=1000).blobs)


@pytest.mark.parametrize("schema", [Chat, DeltaChat])
def test_a_pruned_conversation_is_whole(opened: Opened, schema: type[Any]) -> None:
    said = [say(chat(opened(), schema), ROOT, f"question {turn}") for turn in range(5)][-1]
    opened().prune(["t"])
    left = len(ids_of(opened().list(ROOT)))
    assert (left == 1) == (schema is Chat)
    snapshot = chat(opened(), schema).get_state(ROOT)
    assert [message.content for message in snapshot.values["messages"]] == said
    assert say(chat(opened(), schema), ROOT, "and then?")[:-2] == said


def test_a_copy_is_the_thread_with_its_history(opened: Opened, backend: CountingBackend) -> None:
    saver = opened()
    ids = steps(saver, 70)
    steps(saver, 3, named(namespace="child:1"))
    saver.put_writes(named(checkpoint=ids[0]), [("late", 1)], "late")
    backend.reset()
    opened().copy_thread("t", "u")
    assert backend.operations["put"] <= 70 // 32 + 4
    for namespace in ("", "child:1"):
        ours, theirs = (
            [*opened().list(named(thread, namespace=namespace))] for thread in ("t", "u")
        )
        assert [(each.checkpoint, each.metadata, each.pending_writes) for each in ours] == [
            (each.checkpoint, each.metadata, each.pending_writes) for each in theirs
        ]
    for number in (0, 31, 32, 69):
        found = get(opened(), named("u", checkpoint=ids[number]))
        assert len(found.checkpoint["channel_values"]["messages"]) == number + 1
    put(saver, named("u", checkpoint=ids[-1]), a="only in the copy")
    assert len(ids_of(saver.list(ROOT))) == 70
    with pytest.raises(AlreadyExistsError) as caught:
        saver.copy_thread("t", "u")
    assert caught.value.hint
    storage = saver._place.storage
    assert storage is not None
    assert [report for report in storage.verify().values() if report.problems] == []
    saver.copy_thread("nobody", "v")
    assert saver.get_tuple(named("v")) is None


def test_an_erased_thread_leaves_no_byte_of_it(opened: Opened, backend: CountingBackend) -> None:
    saver = opened()
    steps(saver, 40)
    put(saver, named("other"), a=1)
    saver.delete_thread("t")
    left = [blob.key for blob in backend.inner.list("", limit=1000).blobs]
    assert [key for key in left if key.startswith("history/")] == []
    saver.documents.store.reader.forget()
    storage = saver._place.storage
    assert storage is not None
    assert [report for report in storage.verify().values() if report.problems] == []
    assert ids_of(saver.list(None)) == ids_of(saver.list(named("other")))
