"""Histories: who sees which, what is in a revision, callers at the same time, and what is gone."""

from __future__ import annotations

import asyncio
import secrets
import subprocess
import sys
from typing import Any

import pytest
from agent_framework import Agent, AgentSession, ContextProvider, Message, SessionContext

from ingenious_storage import InvalidDataError, Storage
from ingenious_storage.adapters import place
from ingenious_storage.adapters.agent_framework import StorageHistoryProvider
from ingenious_storage.adapters.agent_framework.ids import FRAMEWORK
from ingenious_storage.errors import CorruptObjectError, NotFoundError
from ingenious_storage.services.agents import AgentName
from tests.library.adapters.agent_framework.talking import (
    Scripted,
    agent_of,
    answered,
    said,
    texts,
)
from tests.support.arriving import Arrivals
from tests.support.counting import CountingBackend
from tests.support.faults import FaultyBackend, before, on
from tests.support.telemetry import watching


def stored(storage: Storage, session: str, source: str = "ingenious_storage") -> Any:
    """Behind the provider."""
    at = storage.agents(FRAMEWORK)
    return at.store.load(at.key(session, source, leaf="history")).data


def test_a_message_is_stored_as_the_framework_serialises_it(storage: Storage) -> None:
    message = Message(
        "assistant",
        [{"type": "function_call", "call_id": "c", "name": "f", "arguments": {"a": [1, None]}}],
        author_name="Ann",
        message_id="m",
        additional_properties={"note": ["\udc80", 1.5]},
    )
    history = StorageHistoryProvider(storage)
    asyncio.run(history.save_messages("s", [message]))
    [record] = stored(storage, "s")["messages"]
    assert record == message.to_dict()
    assert record["additional_properties"] == {"note": ["\udc80", 1.5]}
    [read] = asyncio.run(history.get_messages("s"))
    assert read.contents[0].arguments == {"a": [1, None]}
    assert (read.author_name, read.message_id) == ("Ann", "m")


def test_providers_of_other_sources_and_sessions_do_not_see_it(storage: Storage) -> None:
    mine = StorageHistoryProvider(storage)
    audit = StorageHistoryProvider(storage, source_id="audit", load_messages=False)

    async def run() -> None:
        agent = agent_of(Scripted("blue"), mine, audit)
        await agent.run("sky?", session=AgentSession(session_id="s"))
        await agent.run("sea?", session=AgentSession(session_id="t"))
        await mine.save_messages("s", [said("more")])
        assert texts(await mine.get_messages("s")) == ["sky?", "blue", "more"]
        assert texts(await audit.get_messages("s")) == ["sky?", "blue"]
        assert texts(await mine.get_messages("t")) == ["sea?", "blue"]

    asyncio.run(run())
    assert set(storage.agents(FRAMEWORK).names()) == {
        AgentName((session, source), "history")
        for session in ("s", "t")
        for source in ("audit", "ingenious_storage")
    }


def test_what_the_model_sees_comes_from_the_store(storage: Storage) -> None:
    async def run() -> list[list[str]]:
        model = Scripted("blue", "green")
        for text in ("sky?", "sea?"):  # an agent and a session of its own each, as behind HTTP
            agent = agent_of(model, StorageHistoryProvider(storage))
            await agent.run(text, session=agent.create_session(session_id="s"))
        return model.sent

    assert asyncio.run(run()) == [["sky?"], ["sky?", "blue", "sea?"]]


class Facts(ContextProvider):
    """Adds something to each run, as memories do."""

    async def before_run(self, *, context: SessionContext, **more: Any) -> None:
        context.extend_messages(self, [said("a fact")])


def test_what_other_providers_add_does_not_hide_a_replay(storage: Storage) -> None:
    history = StorageHistoryProvider(storage, store_context_messages=True)

    async def run() -> list[str]:
        agent: Agent[Any] = agent_of(Scripted("blue"), Facts("facts"), history)
        session = AgentSession(session_id="s")
        await agent.run([said("sky?")], session=session)
        await agent.run([said("sky?"), answered("blue"), said("sea?")], session=session)
        whole = [said("sky?"), answered("blue"), said("sea?"), answered("blue"), said("why?")]
        await agent.run(whole, session=session)
        return texts(await history.get_messages("s"))

    turn = ["a fact", "{}", "blue"]
    assert asyncio.run(run()) == [
        text.format(question) for question in ("sky?", "sea?", "why?") for text in turn
    ]


def test_an_answer_that_is_always_the_same_is_kept_without_the_questions(storage: Storage) -> None:
    history = StorageHistoryProvider(storage, store_inputs=False)

    async def run() -> list[str]:
        session = AgentSession(session_id="s")
        for _ in range(3):
            await agent_of(Scripted("blue"), history).run("sky?", session=session)
        return texts(await history.get_messages("s"))

    assert asyncio.run(run()) == ["blue"] * 3


def test_saves_of_one_session_at_the_same_time_are_all_kept(
    storage: Storage, counted: CountingBackend
) -> None:
    history = StorageHistoryProvider(storage)

    async def run() -> list[str]:
        saves = [history.save_messages("s", [said(f"{n}", f"{n}")]) for n in range(24)]
        await asyncio.gather(*saves)
        return texts(await history.get_messages("s"))

    with Arrivals() as behind:  # the first write goes on when all others wait for it
        rule = on("put", "head", before(behind.waiting(23)))
        counted.inner = FaultyBackend(counted.inner, rule)
        assert sorted(asyncio.run(run()), key=int) == [str(n) for n in range(24)]
    at = storage.agents(FRAMEWORK)
    key = at.key("s", "ingenious_storage", leaf="history")
    assert at.store.kept_revisions(key)[-1] == 2  # they went together


def test_a_provider_serves_one_event_loop_after_the_other(storage: Storage) -> None:
    history = StorageHistoryProvider(storage)
    for turn in range(3):
        asyncio.run(history.save_messages("s", [said(f"{turn}")]))
    assert texts(asyncio.run(history.get_messages("s"))) == ["0", "1", "2"]


def test_a_message_that_changes_while_it_is_saved_is_saved_as_it_was(storage: Storage) -> None:
    history = StorageHistoryProvider(storage)

    async def run() -> None:
        message = said("before")
        saving = asyncio.create_task(history.save_messages("s", [message]))
        await asyncio.sleep(0)
        message.contents[0].text = "after"
        await saving
        assert texts(await history.get_messages("s")) == ["before"]

    asyncio.run(run())


def test_what_cannot_be_stored_is_refused_before_any_request(
    storage: Storage, counted: CountingBackend
) -> None:
    history = StorageHistoryProvider(storage)
    with pytest.raises(InvalidDataError):
        asyncio.run(history.save_messages("s", [said("a"), said("b", too_large=1 << 70)]))
    asyncio.run(history.save_messages("s", []))
    assert counted.total == 0


def test_a_document_of_another_shape_is_no_empty_history(storage: Storage) -> None:
    at = storage.agents(FRAMEWORK)
    at.change("s", "ingenious_storage", leaf="history", fn=lambda _: {"messages": "none"})
    history = StorageHistoryProvider(storage)
    with pytest.raises(CorruptObjectError, match="holds no messages"):
        asyncio.run(history.get_messages("s"))
    with pytest.raises(CorruptObjectError, match="holds no messages"):
        asyncio.run(history.save_messages("s", [said("a")]))
    assert stored(storage, "s") == {"messages": "none"}


def stored_bytes(storage: Storage) -> int:
    return sum(blob.size for blob in storage.data.list_blobs(""))


def test_clearing_keeps_the_document_s_history_and_erasing_does_not(storage: Storage) -> None:
    history, at = StorageHistoryProvider(storage), storage.agents(FRAMEWORK)
    key = at.key("s", "ingenious_storage", leaf="history")
    secret = secrets.token_hex(4000)  # of which no compression makes less than half

    async def clear(**how: Any) -> None:
        await history.save_messages("s", [said(secret)])
        await history.clear("s", **how)
        assert await history.get_messages("s") == []

    asyncio.run(clear())
    at.store.restore(key)
    assert texts(asyncio.run(history.get_messages("s"))) == [secret]
    assert stored_bytes(storage) > 4000
    asyncio.run(clear(erase=True))
    assert stored_bytes(storage) < 1000
    with pytest.raises(NotFoundError):
        at.store.history(key)
    asyncio.run(history.clear("never"))
    asyncio.run(history.clear("never", erase=True))


def test_none_is_the_configured_storage_opened_by_the_first_call(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = StorageHistoryProvider()
    monkeypatch.setattr(place, "default_storage", lambda: storage)
    asyncio.run(history.save_messages("s", [said("a")]))
    assert len(stored(storage, "s")["messages"]) == 1
    with pytest.raises(TypeError, match="from_config"):
        StorageHistoryProvider("data")  # type: ignore[arg-type]


def test_calls_are_spans_that_name_nobody(storage: Storage) -> None:
    history = StorageHistoryProvider(storage)

    async def run() -> None:
        await history.save_messages("a person", [said("a secret")])
        await history.get_messages("a person")

    with watching() as seen:
        asyncio.run(run())
    documents = [name for name, _, _ in seen.span_list() if ".document." in name]
    assert documents == ["ingenious.storage.document.update", "ingenious.storage.document.load"]
    assert not any(word in repr(seen.span_list()) for word in ("person", "secret"))


IMPORTS = """
import sys, warnings
warnings.simplefilter("error", FutureWarning)
import ingenious_storage
assert "agent_framework" not in sys.modules
from ingenious_storage.adapters import agent_framework
assert "sessions" not in vars(agent_framework)
try:
    agent_framework.StorageSessionStore
except FutureWarning as warning:
    print("experimental" in str(warning), hasattr(agent_framework, "Other"))
"""


@pytest.mark.slow
def test_only_who_asks_for_the_session_store_is_told_that_it_is_experimental() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "True False\n"
