"""Rules of a saver that LangGraph's suite does not test, each with a look from another process."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from ingenious_storage import ConfigurationError, ConflictError, InvalidKeyError
from ingenious_storage.adapters import place
from ingenious_storage.adapters.langgraph import StorageSaver
from ingenious_storage.adapters.langgraph.threads.namespace import Namespace
from ingenious_storage.adapters.langgraph.threads.state import WINDOW
from ingenious_storage.storage import Storage
from tests.library.adapters.langgraph.threads.conftest import Opened
from tests.library.adapters.langgraph.threads.steps import get, ids_of, named, put, steps, writes_of
from tests.support.counting import CountingBackend
from tests.support.telemetry import watching

ROOT = named()


def stored(saver: StorageSaver, leaf: str = "state") -> Any:
    """The data of a document of thread "t", as it is stored."""
    key = saver.documents.key("t", "", leaf=leaf)
    return saver.documents.store.load(key).data


def test_the_latest_is_the_greatest_id_whoever_came_last(opened: Opened) -> None:
    saver = opened()
    for name in ("3", "1", "5", "2", "4"):
        put(saver, ROOT, name, a=name)
    for each in (saver, opened()):
        assert get(each, ROOT).checkpoint["id"] == "5"
        assert ids_of(each.list(ROOT)) == ["5", "4", "3", "2", "1"]
        assert ids_of(each.list(ROOT, before=named(checkpoint="4"))) == ["3", "2", "1"]
        assert ids_of(each.list(ROOT, limit=2)) == ["5", "4"]
        for name in "12345":
            assert get(each, named(checkpoint=name)).checkpoint["channel_values"] == {"a": name}


@pytest.mark.parametrize("later", [0, 1, WINDOW, WINDOW + 20, 300])
def test_the_same_id_again_replaces_and_its_writes_stay(opened: Opened, later: int) -> None:
    saver = opened()
    first = put(saver, ROOT, "00", a=1)
    saver.put_writes(first, [("a", "kept")], "task")
    for number in range(later):
        put(saver, ROOT, f"1{number:04}", a=number)
    put(opened(), ROOT, "00", a=2)
    for each in (saver, opened()):
        found = get(each, first)
        assert found.checkpoint["channel_values"] == {"a": 2}
        assert found.pending_writes == [("task", "a", "kept")]
        assert len(ids_of(each.list(ROOT))) == later + 1
    assert list(saver.list(ROOT))[-1].pending_writes == [("task", "a", "kept")]


def test_writes_may_come_before_their_checkpoint(opened: Opened) -> None:
    saver, config = opened(), named(checkpoint="1")
    saver.put_writes(config, [("a", "early")], "task")
    assert saver.get_tuple(config) is None
    put(opened(), ROOT, "1", a=1)
    assert writes_of(opened(), config) == [("task", "a", "early")]
    put(saver, config, "2", a=2)
    put(saver, named(checkpoint="2"), "3", a=3)
    assert writes_of(opened(), config) == [("task", "a", "early")]


@pytest.mark.parametrize("later", [0, 1, 2, WINDOW - 1, WINDOW, WINDOW + 1, 40, 70])
def test_writes_to_an_old_checkpoint_stay(opened: Opened, later: int) -> None:
    saver = opened()
    first = put(saver, ROOT, "00", a=1)
    saver.put_writes(first, [("a", "at once")], "t1")
    for number in range(later):
        put(saver, ROOT, f"1{number:04}", a=number)
    saver.put_writes(first, [("a", "later")], "t2")
    there = [("t1", "a", "at once"), ("t2", "a", "later")]
    for number in range(2 * WINDOW):
        assert writes_of(opened(), first) == there
        put(saver, ROOT, f"2{number:04}", a=number)
        saver.put_writes(named(checkpoint=f"2{number:04}"), [("a", number)], "t3")
    assert [*opened().list(ROOT)][-1].pending_writes == there


def test_the_second_document_has_what_the_state_does_not_have(opened: Opened) -> None:
    saver = opened()
    ids = steps(saver, 40)
    assert [*stored(saver, "writes")["writes"]] == ids[-1:]
    assert {*stored(saver)["folded"]} <= {*ids[-WINDOW:]}
    assert stored(saver)["late"] == {}


def test_the_first_write_of_a_task_stays_and_the_last_of_a_special_channel(
    opened: Opened,
) -> None:
    saver = opened()
    config = put(saver, ROOT, "1")
    for value in ("first", "second"):
        saver.put_writes(config, [("a", value), *2 * [("__interrupt__", value)]], "task")
        put(saver, config, f"2 {value}")
    assert writes_of(opened(), config) == [
        ("task", "__interrupt__", "second"),
        ("task", "a", "first"),
    ]


def test_writes_are_in_the_order_of_their_paths(opened: Opened) -> None:
    saver = opened()
    config = put(saver, ROOT, "1")
    saver.put_writes(config, [("a", 1), ("a", 2)], "task 1", "~__pregel_pull, b")
    saver.put_writes(config, [("a", 3)], "task 2", "~__pregel_pull, a")
    assert writes_of(opened(), config) == [
        ("task 2", "a", 3),
        ("task 1", "a", 1),
        ("task 1", "a", 2),
    ]


def test_a_fork_has_the_values_of_its_parent(opened: Opened) -> None:
    """Of channels that it does not put itself, which the newest checkpoint has in another form."""
    saver, versions = opened(), {"a": "1.0", "b": "1.0"}
    base = _put(saver, ROOT, "1", {"a": "old", "b": "b"}, versions=versions, new=versions)
    _put(saver, base, "2", {"a": "new"}, versions={"a": "2.0", "b": "1.0"}, new={"a": "2.0"})
    fork = _put(saver, base, "3", {"b": "c"}, versions={"a": "1.0", "b": "2.1"}, new={"b": "2.1"})
    assert get(opened(), fork).checkpoint["channel_values"] == {"a": "old", "b": "c"}
    assert get(opened(), named(checkpoint="2")).checkpoint["channel_values"] == {
        "a": "new",
        "b": "b",
    }


def _put(
    saver: StorageSaver, config: Any, name: str, values: Any, *, versions: Any, new: Any
) -> Any:
    made: Any = {"v": 4, "id": name, "ts": "", "versions_seen": {}, "updated_channels": None}
    made |= {"channel_values": values, "channel_versions": versions}
    return saver.put(config, made, {}, new)


def test_what_did_not_change_is_not_serialised_again(
    saver: StorageSaver, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = {"a": "1", "b": "1"}
    first = _put(saver, ROOT, "1", {"a": 1, "b": 2}, versions=versions, new=versions)
    made: list[Any] = []
    dumps = saver.serde.dumps_typed

    def noted(value: Any) -> Any:
        made.append(value)
        return dumps(value)

    monkeypatch.setattr(saver.serde, "dumps_typed", noted)
    _put(saver, first, "2", {"a": 1, "b": 3}, versions={"a": "1", "b": "2"}, new={"b": "2"})
    assert 1 not in made
    assert 3 in made


def test_a_put_that_would_fork_is_refused_before_a_write(
    opened: Opened, backend: CountingBackend
) -> None:
    storage = opened()._place.storage
    saver = StorageSaver(storage, on_fork="raise")
    first = put(saver, ROOT, "1")
    second = put(saver, first, "2")
    assert put(saver, first, "2") == second  # the answer of the first was lost
    backend.reset()
    for config, name in ((first, "3"), (ROOT, "3"), (named(checkpoint="7"), "8")):
        with pytest.raises(ConflictError, match="the newest checkpoint is '2'") as caught:
            put(saver, config, name)
        assert "on_fork" in caught.value.hint
    assert backend.operations["put"] == 0
    put(saver, second, "3")
    put(StorageSaver(storage), first, "4")
    with pytest.raises(ConflictError):  # another process has gone on
        put(saver, named(checkpoint="3"), "5")


def test_filters_compare_all_that_they_name(opened: Opened) -> None:
    saver = opened()
    config = ROOT | {"metadata": {"user_id": "u\0ser"}}
    put(saver, config, "1", {"source": "input", "step": 1})
    put(saver, ROOT, "2", {"source": "loop", "step": 1})
    assert ids_of(saver.list(ROOT, filter={"user_id": "user"})) == ["1"]
    assert ids_of(saver.list(ROOT, filter={"source": "loop", "step": 1})) == ["2"]
    assert ids_of(saver.list(ROOT, filter={"step": 1}, limit=1)) == ["2"]
    assert ids_of(saver.list(ROOT, filter={"user_id": None})) == ["2"]
    assert ids_of(saver.list(ROOT, limit=0)) == []


def test_odd_ids(opened: Opened) -> None:
    saver = opened()
    threads = ["", "user@example/1", "a|b", "~", "é" * 200, "..", "7"]
    for thread in threads:
        for namespace in ("", "child:1|grand child:2"):
            put(saver, named(thread, namespace=namespace), a=thread)
    other = opened()
    for thread in threads:
        assert get(other, named(thread)).checkpoint["channel_values"] == {"a": thread}
    assert get(other, named(7)).config["configurable"]["thread_id"] == "7"  # type: ignore[arg-type]
    everything = {
        (c["thread_id"], c["checkpoint_ns"])
        for c in (found.config["configurable"] for found in other.list(None))
    }
    assert everything == {(t, ns) for t in threads for ns in ("", "child:1|grand child:2")}
    saver.delete_thread("")
    assert other.get_tuple(named("")) is None
    assert len([*other.list(None)]) == 2 * len(threads) - 2


def test_what_is_no_config_is_refused_before_any_request(
    saver: StorageSaver, backend: CountingBackend
) -> None:
    for call in (
        lambda: saver.get_tuple({"configurable": {}}),
        lambda: saver.put_writes(ROOT, [("a", 1)], "task"),
        lambda: saver.prune(["t"], strategy="oldest"),
        lambda: StorageSaver(on_fork="maybe"),  # type: ignore[arg-type]
    ):
        with pytest.raises(ConfigurationError) as caught:
            call()
        assert caught.value.hint
    with pytest.raises(InvalidKeyError):
        saver.get_tuple(named("\ud800"))
    with pytest.raises(TypeError):
        StorageSaver("a folder")  # type: ignore[arg-type]
    assert backend.total == 0


def test_a_clone_with_another_serializer_works_on_the_same_threads(saver: StorageSaver) -> None:
    strict = StorageSaver(
        saver._place.storage, serde=JsonPlusSerializer(allowed_msgpack_modules=())
    )
    clone = strict.with_allowlist([("tests", "Thing")])
    assert clone is not strict
    config = put(clone, ROOT, a=1)
    assert get(saver, config).checkpoint["channel_values"] == {"a": 1}
    assert copy.copy(saver).get_tuple(config) is not None


def test_versions_grow_and_two_forks_have_no_common_one(saver: StorageSaver) -> None:
    first = saver.get_next_version(None, None)
    assert first < saver.get_next_version(first, None)
    assert saver.get_next_version(first, None) != saver.get_next_version(first, None)
    assert saver.get_next_version(7, None).startswith("0" * 31 + "8.")  # type: ignore[arg-type]


def test_nothing_of_an_erased_thread_comes_back(opened: Opened) -> None:
    """Another process remembers its writes, and puts the first checkpoint of the new thread."""
    stale, other = opened(), opened()
    stale.put_writes(put(stale, ROOT, "1"), [("a", "secret")], "task")
    other.delete_thread("t")
    put(other, ROOT, "2")
    namespace = Namespace(stale.documents, "t", "")
    stale.documents.store.reader.heads.pop(stale.documents.key("t", "", leaf="state"))
    put(stale, named(checkpoint="2"), "3")
    view = namespace.view()
    assert view is not None
    assert (view.state["late"], view.state["folded"], view.pending) == ({}, {}, {})


def test_calls_are_spans_that_name_nobody(saver: StorageSaver) -> None:
    with watching() as seen:
        config = put(saver, named("a person"), a="a secret")
        saver.put_writes(config, [("a", "a secret")], "task")
        get(saver, config)
    documents = [name for name, _, _ in seen.span_list() if ".document." in name]
    assert documents == [
        "ingenious.storage.document.update",
        "ingenious.storage.document.update",
        "ingenious.storage.document.load",
    ]
    assert not any(word in repr(seen.span_list()) for word in ("person", "secret"))


def test_none_is_the_configured_storage_opened_by_the_first_call(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, storage = list[int](), opened()._place.storage

    def default() -> Storage | None:
        asked.append(1)
        return storage

    monkeypatch.setattr(place, "default_storage", default)
    saver = StorageSaver()
    assert asked == []
    put(saver, ROOT, a=1)
    assert asked
    assert get(StorageSaver(storage), ROOT).checkpoint["channel_values"] == {"a": 1}
