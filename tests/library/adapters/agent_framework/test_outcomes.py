"""One table of outcomes: the framework's own histories and stores, and ours."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from agent_framework import (
    AgentSession,
    FileHistoryProvider,
    FileSessionStore,
    HistoryProvider,
    InMemoryHistoryProvider,
    Message,
    SessionStore,
)

from ingenious_storage import InvalidKeyError, Storage
from ingenious_storage.adapters.agent_framework import (
    StorageHistoryProvider,
    StorageSessionStore,
)
from tests.library.adapters.agent_framework.talking import (
    Scripted,
    agent_of,
    answered,
    said,
    texts,
)

pytestmark = pytest.mark.filterwarnings("ignore:.*experimental:FutureWarning")

Saves = Sequence[Sequence[Message]]
FORMATS: Final[dict[str, Literal["json", "msgpack"]]] = {
    "file, JSON": "json",
    "file, MessagePack": "msgpack",
}
OWN: Final = ("memory", *FORMATS)
LONE = "half a pair: \udc80"
SKY, BLUE, SEA = said("sky?"), answered("blue"), said("sea?")


@pytest.fixture
def made(tmp_path: Path, storage: Storage) -> Callable[..., HistoryProvider]:
    def make(name: str, **more: Any) -> HistoryProvider:
        if name == "ours":
            return StorageHistoryProvider(storage, **more)
        if name == "memory":
            return InMemoryHistoryProvider(**more)
        return FileHistoryProvider(tmp_path, serialization_format=FORMATS[name], **more)

    return make


@pytest.fixture
def sessions(tmp_path: Path, storage: Storage) -> Callable[[str], SessionStore]:
    def make(name: str) -> SessionStore:
        if name == "ours":
            return StorageSessionStore(storage)
        if name == "memory":
            return SessionStore()
        return FileSessionStore(tmp_path, serialization_format=FORMATS[name])

    return make


async def kept(history: HistoryProvider, saves: Saves, session_id: str | None = "s") -> list[str]:
    """What is read after these saves."""
    state: dict[str, Any] = {}
    for messages in saves:
        await history.save_messages(session_id, messages, state=state)
    return texts(await history.get_messages(session_id, state=state))


HISTORIES: dict[str, tuple[Saves, list[str], list[str]]] = {
    "turn by turn": (
        [[SKY, BLUE], [SEA, answered("green")]],
        ["sky?", "blue", "sea?", "green"],
        ["sky?", "blue", "sea?", "green"],
    ),
    "nothing": ([[], []], [], []),
    "the whole conversation again, and more": (
        [[SKY, BLUE], [SKY, BLUE, SEA, BLUE]],
        ["sky?", "blue", "sea?", "blue"],
        ["sky?", "blue", "sea?", "blue"],
    ),
    "the end of it again, and more": (
        [[SKY, BLUE, SEA, BLUE], [SEA, BLUE, said("why?")]],
        ["sky?", "blue", "sea?", "blue", "why?"],
        ["sky?", "blue", "sea?", "blue", "why?"],
    ),
    "one message of a person, twice": ([[SKY], [SKY]], ["sky?", "sky?"], ["sky?", "sky?"]),
    "a turn with ids, twice": (
        [[said("sky?", "1"), answered("blue", "2")]] * 2,
        ["sky?", "blue"],
        ["sky?", "blue"],
    ),
    "a turn without ids, twice: only ours keeps it": (
        [[SKY, BLUE]] * 2,
        ["sky?", "blue"],
        ["sky?", "blue", "sky?", "blue"],
    ),
    "a turn without ids, three times": (
        [[SKY, BLUE]] * 3,
        ["sky?", "blue"],
        ["sky?", "blue"] * 3,
    ),
    "the whole again, its answer without the id: only ours knows it": (
        [[SKY, answered("blue", "2")], [SKY, BLUE, SEA]],
        ["sky?", "blue", "sky?", "blue", "sea?"],
        ["sky?", "blue", "sea?"],
    ),
    "other words under other ids": (
        [[said("sky?", "1"), answered("blue", "2")], [said("sky?", "3"), answered("blue", "4")]],
        ["sky?", "blue", "sky?", "blue"],
        ["sky?", "blue", "sky?", "blue"],
    ),
    "whole, with something before it that is not stored": (
        [[SKY, BLUE], [said("hello"), SKY, BLUE, SEA]],
        ["sky?", "blue", "sea?"],
        ["sky?", "blue", "sea?"],
    ),
    "a beginning that no rule can tell from a replay": (
        [[SKY, BLUE], [SKY, BLUE, answered("why?")]],
        ["sky?", "blue", "why?"],
        ["sky?", "blue", "why?"],
    ),
}


@pytest.mark.parametrize("case", HISTORIES)
@pytest.mark.parametrize("name", [*OWN, "ours"])
def test_what_a_history_keeps(made: Callable[..., HistoryProvider], name: str, case: str) -> None:
    saves, own, ours = HISTORIES[case]
    assert asyncio.run(kept(made(name), saves)) == (ours if name == "ours" else own)


RUNS: dict[str, tuple[Sequence[Sequence[Message]], list[str], list[str]]] = {
    "only what is new": (
        [[SKY], [SEA]],
        ["sky?", "blue", "sea?", "blue"],
        ["sky?", "blue", "sea?", "blue"],
    ),
    "the same words: only ours keeps the second turn": (
        [[SKY], [SKY]],
        ["sky?", "blue"],
        ["sky?", "blue", "sky?", "blue"],
    ),
    "the whole conversation each time": (
        [[SKY], [SKY, BLUE, SEA], [SKY, BLUE, SEA, BLUE, said("why?")]],
        ["sky?", "blue", "sea?", "blue", "why?", "blue"],
        ["sky?", "blue", "sea?", "blue", "why?", "blue"],
    ),
    "the whole, and the same words": (
        [[SKY], [SKY, BLUE, SKY], [SKY, BLUE, SKY, BLUE, SKY]],
        ["sky?", "blue"] * 3,
        ["sky?", "blue"] * 3,
    ),
    "the whole, asked for another answer": (
        [[SKY], [SKY, BLUE]],
        ["sky?", "blue", "blue"],
        ["sky?", "blue", "blue"],
    ),
}


@pytest.mark.parametrize("case", RUNS)
@pytest.mark.parametrize("name", [*OWN, "ours"])
def test_what_a_history_keeps_of_runs_of_an_agent(
    made: Callable[..., HistoryProvider], name: str, case: str
) -> None:
    inputs, own, ours = RUNS[case]

    async def run() -> list[str]:
        history = made(name)
        session = AgentSession(session_id="s")
        for messages in inputs:
            # A client's own objects, as they come by HTTP.
            fresh = [Message.from_dict(each.to_dict()) for each in messages]
            await agent_of(Scripted("blue"), history).run(fresh, session=session)
        state = session.state.get(history.source_id, {})
        return texts(await history.get_messages("s", state=state))

    assert asyncio.run(run()) == (ours if name == "ours" else own)


@pytest.mark.parametrize("name", [*OWN, "ours"])
def test_messages_that_a_compaction_excluded(
    made: Callable[..., HistoryProvider], name: str
) -> None:
    saves = [[said("old", _excluded=True), answered("new")]]
    assert asyncio.run(kept(made(name), saves)) == ["old", "new"]
    skipping = made(name, skip_excluded=True)
    assert asyncio.run(kept(skipping, saves, "another")) == ["new"]


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("memory", ["sky?"]),  # it lies in the session
        ("file, JSON", ["sky?"]),  # all who have none share one file
        ("file, MessagePack", ["sky?"]),
        ("ours", InvalidKeyError),
    ],
)
@pytest.mark.parametrize("session_id", [None, ""])
def test_without_a_session_id(
    made: Callable[..., HistoryProvider], name: str, outcome: Any, session_id: str | None
) -> None:
    asked = kept(made(name), [[SKY]], session_id)
    if name == "ours":
        with pytest.raises(outcome, match="session_id is") as caught:
            asyncio.run(asked)
        assert isinstance(caught.value, ValueError)
        assert isinstance(caught.value, InvalidKeyError)
        assert "create_session" in caught.value.hint
    else:
        assert asyncio.run(asked) == outcome


@pytest.mark.parametrize(
    ("name", "holds"),
    [("memory", True), ("file, JSON", False), ("file, MessagePack", False), ("ours", True)],
)
def test_text_that_is_no_unicode(
    made: Callable[..., HistoryProvider], name: str, holds: bool
) -> None:
    """Models emit halves of surrogate pairs."""
    asked = kept(made(name), [[answered(LONE)]])
    if holds:
        assert asyncio.run(asked) == [LONE]
    else:
        with pytest.raises(UnicodeEncodeError):
            asyncio.run(asked)


@pytest.mark.parametrize("session_id", ["a/b", "..", "CON", "日本", "x" * 100, "a", "A"])
@pytest.mark.parametrize("name", [*OWN, "ours"])
def test_any_session_id_has_a_history_of_its_own(
    made: Callable[..., HistoryProvider], name: str, session_id: str
) -> None:
    history = made(name)

    async def run() -> None:
        assert await kept(history, [[SKY]], session_id) == ["sky?"]
        assert await kept(history, [], session_id + "!") == []

    asyncio.run(run())


@pytest.mark.parametrize(
    ("name", "holds"),
    [("memory", True), ("file, JSON", False), ("file, MessagePack", False), ("ours", True)],
)
def test_a_long_session_id(made: Callable[..., HistoryProvider], name: str, holds: bool) -> None:
    asked = kept(made(name), [[SKY]], "x" * 5000)
    if holds:
        assert asyncio.run(asked) == ["sky?"]
    else:
        with pytest.raises(OSError, match="too long"):
            asyncio.run(asked)


def session_with(state: dict[str, Any], session_id: str = "s") -> AgentSession:
    session = AgentSession(session_id=session_id, service_session_id={"thread": "t"})
    session.state = state
    return session


async def _is_copied(store: SessionStore) -> object:
    session = session_with({"list": [1]})
    await store.set("k", session)
    session.state["list"].append(2)
    first = await store.get("k")
    assert first is not None
    first.state["list"].append(3)
    second = await store.get("k")
    assert second is not None
    return second.state["list"], second.session_id, second.service_session_id


async def _of_a_message(store: SessionStore) -> object:
    await store.set("k", session_with({"messages": [BLUE]}))
    read = await store.get("k")
    assert read is not None
    return type(read.state["messages"][0]).__name__, read.state["messages"][0].text


async def _last(store: SessionStore) -> object:
    await store.set("k", session_with({"n": 1}))
    await store.set("k", session_with({"n": 2}))
    read = await store.get("k")
    await store.delete("k")
    await store.delete("k")
    assert read is not None
    return read.state, await store.get("k")


async def _again(store: SessionStore) -> object:
    await store.set("k", session_with({"n": 1}))
    await store.delete("k")
    await store.set("k", session_with({"n": 2}))
    read = await store.get("k")
    return read and read.state


async def _missing(store: SessionStore) -> object:
    return await store.get("nowhere")


async def _nobody(store: SessionStore) -> object:
    await store.set("", session_with({}))
    return "stored"


async def _reads_nobody(store: SessionStore) -> object:
    return await store.get("")


async def _long(store: SessionStore) -> object:
    await store.set("x" * 5000, session_with({"n": 1}))
    read = await store.get("x" * 5000)
    return read and read.state


class Special(AgentSession):
    pass


async def _subclass(store: SessionStore) -> object:
    await store.set("k", Special(session_id="s"))
    return type(await store.get("k")).__name__


async def _tuple(store: SessionStore) -> object:
    await store.set("k", session_with({"pair": (1, 2)}))
    read = await store.get("k")
    return read and read.state["pair"]


async def _infinite(store: SessionStore) -> object:
    await store.set("k", session_with({"n": math.inf}))
    read = await store.get("k")
    return read and read.state["n"]


async def _object(store: SessionStore) -> object:
    await store.set("k", session_with({"o": {1, 2}}))
    read = await store.get("k")
    return read and read.state["o"]


SESSIONS: dict[Callable[[SessionStore], Awaitable[object]], tuple[object, object, object]] = {
    # What is in the store: memory, files, ours.
    _is_copied: (([1], "s", {"thread": "t"}),) * 3,
    _of_a_message: (("Message", "blue"),) * 3,
    _last: (({"n": 2}, None),) * 3,
    _again: ({"n": 2}, {"n": 2}, {"n": 2}),
    _missing: (None, None, None),
    _nobody: (ValueError,) * 3,
    _reads_nobody: (ValueError,) * 3,
    _long: ({"n": 1}, ValueError, {"n": 1}),
    _subclass: ("Special", TypeError, TypeError),
    _tuple: ((1, 2), [1, 2], [1, 2]),
    _infinite: (math.inf, ValueError, math.inf),
    _object: ({1, 2}, TypeError, ValueError),
}


@pytest.mark.filterwarnings("ignore:.*unsupported type:RuntimeWarning")
@pytest.mark.parametrize("case", SESSIONS, ids=lambda case: case.__name__)
@pytest.mark.parametrize("name", [*OWN, "ours"])
def test_what_a_session_store_does(
    sessions: Callable[[str], SessionStore],
    name: str,
    case: Callable[[SessionStore], Awaitable[object]],
) -> None:
    outcome = SESSIONS[case][{"memory": 0, "ours": 2}.get(name, 1)]

    async def run() -> object:
        return await case(sessions(name))

    if isinstance(outcome, type):
        with pytest.raises(outcome):
            asyncio.run(run())
    else:
        assert asyncio.run(run()) == outcome
