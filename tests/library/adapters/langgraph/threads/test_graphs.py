"""Real graphs: each run goes on in another process, which remembers nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from ingenious_storage import ConflictError
from ingenious_storage.adapters.langgraph import StorageSaver
from ingenious_storage.storage import Storage
from tests.library.adapters.langgraph.threads.conftest import Opened
from tests.library.adapters.langgraph.threads.graphs import (
    Chat,
    DeltaChat,
    FailsOnce,
    approval,
    chat,
    say,
)
from tests.support.stores import slow

CONFIG: Any = {"configurable": {"thread_id": "t"}}


def texts(snapshot: Any) -> list[str]:
    return [message.content for message in snapshot.values.get("messages", [])]


@pytest.mark.parametrize("schema", [Chat, DeltaChat])
def test_a_conversation_goes_on(opened: Opened, schema: type[Any]) -> None:
    for turn in range(12):
        said = say(chat(opened(), schema), CONFIG, f"question {turn}")
        assert said[-2:] == [f"question {turn}", f"answer {2 * turn + 1}"]
        assert len(said) == 2 * turn + 2
    model = chat(InMemorySaver(), schema)
    for turn in range(12):
        say(model, CONFIG, f"question {turn}")
    ours, theirs = ([*graph.get_state_history(CONFIG)] for graph in (chat(opened(), schema), model))
    assert [texts(each) for each in ours] == [texts(each) for each in theirs]
    assert [each.metadata for each in ours] == [each.metadata for each in theirs]
    assert [each.next for each in ours] == [each.next for each in theirs]


@pytest.mark.parametrize("schema", [Chat, DeltaChat])
def test_time_travel_and_forks(opened: Opened, schema: type[Any]) -> None:
    for turn in range(6):
        say(chat(opened(), schema), CONFIG, f"question {turn}")
    old = [*chat(opened(), schema).get_state_history(CONFIG)][9]  # before the third question
    assert texts(old)[-1:] == ["answer 5"]
    graph = chat(opened(), schema)
    assert texts(graph.get_state(old.config)) == texts(old)
    forked = say(graph, old.config, "another")
    assert forked == [*texts(old), "another", f"answer {len(texts(old)) + 1}"]
    # The fork is the newest now, and the first branch is still there.
    assert texts(chat(opened(), schema).get_state(CONFIG)) == forked
    branches = [texts(each) for each in chat(opened(), schema).get_state_history(CONFIG)]
    assert any("question 5" in each for each in branches)
    edited = chat(opened(), schema).update_state(
        old.config, {"messages": [HumanMessage("edited", id="e")]}
    )
    assert texts(chat(opened(), schema).get_state(edited)) == [*texts(old), "edited"]


def test_a_replay_from_an_old_checkpoint_runs_what_came_next(opened: Opened) -> None:
    for turn in range(2):
        say(chat(opened()), CONFIG, f"question {turn}")
    old = next(
        each
        for each in chat(opened()).get_state_history(CONFIG)
        if each.next == ("model",) and len(texts(each)) == 1
    )
    state = chat(opened()).invoke(None, old.config)
    assert [message.content for message in state["messages"]] == ["question 0", "answer 1"]


def test_interrupts_in_a_subgraph_of_a_subgraph(opened: Opened) -> None:
    begun = approval(opened()).invoke({"done": []}, CONFIG)
    assert [each.value for each in begun["__interrupt__"]] == ["first?"]
    snapshot = approval(opened()).get_state(CONFIG, subgraphs=True)
    assert snapshot.next == ("middle",)
    assert snapshot.tasks[0].state.tasks[0].state.tasks[0].interrupts[0].value == "first?"
    second = approval(opened()).invoke(Command(resume="yes"), CONFIG)
    assert [each.value for each in second["__interrupt__"]] == ["second?"]
    done = approval(opened()).invoke(Command(resume="no"), CONFIG)
    assert done["done"] == ["planned", *(f"worked {n}" for n in range(4)), *_twice("asked yes no")]
    saver = opened()
    namespaces = {found.config["configurable"]["checkpoint_ns"] for found in saver.list(CONFIG)}
    assert len(namespaces) == 3
    assert sorted(name.count("|") for name in namespaces) == [0, 0, 1]
    saver.delete_thread("t")
    assert [*opened().list(None)] == []
    assert approval(opened()).get_state(CONFIG).values == {}


def _twice(last: str) -> list[str]:
    """A subgraph has the list that it was given, and so it is added again at each level."""
    before = ["planned", *(f"worked {n}" for n in range(4))]
    return [*before, *before, last]


def test_what_has_succeeded_beside_an_error_is_not_run_again(opened: Opened) -> None:
    work = FailsOnce()
    with pytest.raises(ZeroDivisionError):
        work.graph(opened(), CONFIG).invoke({"done": []}, CONFIG)
    state = work.graph(opened(), CONFIG).invoke(None, CONFIG)
    assert sorted(state["done"]) == ["bad", "good"]
    assert work.calls.count("good") == 1


def test_of_two_runs_at_a_time_one_goes_on(opened: Opened) -> None:
    storage = opened()._place.storage
    say(chat(StorageSaver(storage)), CONFIG, "question")
    strict = chat(StorageSaver(storage, on_fork="raise"))
    old = strict.get_state(CONFIG)
    say(strict, CONFIG, "one")
    with pytest.raises(ConflictError, match="newest checkpoint"):
        say(strict, old.config, "two")
    assert texts(strict.get_state(CONFIG)) == ["question", "answer 1", "one", "answer 3"]


@pytest.mark.parametrize("durability", ["sync", "async", "exit"])
def test_each_durability_keeps_the_end(opened: Opened, durability: str) -> None:
    for turn in range(3):
        graph = chat(opened())
        graph.invoke(
            {"messages": [HumanMessage(f"question {turn}")]}, CONFIG, durability=durability
        )
    assert len(texts(chat(opened()).get_state(CONFIG))) == 6


@pytest.mark.parametrize("storage", ["azurite", *slow("versitygw")], indirect=True)
def test_async_runs_of_many_threads_on_a_server(storage: Storage) -> None:
    async def one(name: str) -> int:
        config: Any = {"configurable": {"thread_id": name}}
        for turn in range(3):
            message = HumanMessage(f"question {turn}")
            await chat(StorageSaver(storage)).ainvoke({"messages": [message]}, config)
        history = [each async for each in chat(StorageSaver(storage)).aget_state_history(config)]
        assert [len(texts(each)) for each in history] == [6, 5, 4, 4, 3, 2, 2, 1, 0]
        return len(texts(history[0]))

    async def run() -> list[int]:
        return await asyncio.gather(*(one(f"thread {number}") for number in range(8)))

    for _ in range(2):  # two event loops; nothing is bound to one
        assert asyncio.run(run()) == [6] * 8
        for number in range(8):
            StorageSaver(storage).delete_thread(f"thread {number}")
    assert [report for report in storage.verify().values() if report.problems] == []
