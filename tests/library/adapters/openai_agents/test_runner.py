"""Turns of the SDK's own Runner: what its model sees, and what they cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from agents import Agent, Runner, function_tool

from ingenious_storage import Storage
from ingenious_storage.adapters.openai_agents import StorageSession
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import Settings, StorageSettings
from tests.library.adapters.openai_agents.conftest import Make
from tests.library.adapters.openai_agents.fake_model import QUIET, FakeModel
from tests.support.counting import CountingBackend
from tests.support.servers.azurite import Azurite
from tests.support.stores import of_azurite

pytestmark = pytest.mark.anyio
TURNS = 100


@pytest.fixture(params=["inmemory", pytest.param("azurite", marks=pytest.mark.slow)])
def container(request: pytest.FixtureRequest, container_name: str) -> Iterator[CountingBackend]:
    if request.param == "inmemory":
        inner: Any = InMemoryBackend()
    else:
        azurite: Azurite = request.getfixturevalue("azurite")
        inner = of_azurite(azurite).backend(container_name)
    yield CountingBackend(inner)
    inner.close()


def texts(items: list[Any]) -> list[str]:
    return [
        each["content"] if isinstance(each["content"], str) else each["content"][0]["text"]
        for each in items
    ]


async def test_a_hundred_turns(container: CountingBackend) -> None:
    settings = Settings(StorageSettings(type="inmemory"))
    with Storage(settings, backend=lambda *_: container) as storage:
        session, model = StorageSession("user-7", storage), FakeModel()
        await session.clear_session()
        container.ensure_container()
        container.reset()
        agent = Agent("assistant", model=model)
        for turn in range(TURNS):
            await Runner.run(agent, f"question {turn}", session=session, run_config=QUIET)
        requests = Counter(container.operations)
        assert container.total <= 310, requests
        assert requests.keys() == {"get", "put"}
        assert container.not_modified == TURNS - 1
        said = [text for n in range(TURNS) for text in (f"question {n}", f"answer {n + 1}")]
        assert texts(await session.get_items()) == said
        assert texts(model.seen[-1]) == said[:-1]
        stored = sum(blob.size for blob in container.iterate())
        assert stored < 200_000
        report = storage.verify()["data"]
        assert (report.problems, report.documents) == ((), 1)


async def test_a_tool_is_called_in_between(make: Make) -> None:
    @function_tool
    def tool() -> str:
        return "the tool's result"

    session, model = make("s"), FakeModel()
    agent = Agent("assistant", model=model, tools=[tool])
    await Runner.run(agent, "use the tool", session=session, run_config=QUIET)
    await Runner.run(agent, "and then?", session=session, run_config=QUIET)
    items = await session.get_items()
    kinds = [item.get("type", item.get("role")) for item in items]
    assert kinds == [
        *("user", "function_call", "function_call_output", "message"),
        *("user", "message"),
    ]
    assert items[2]["output"] == "the tool's result"
    assert [item.get("type", item.get("role")) for item in model.seen[-1]] == kinds[:-1]


async def test_a_window_of_the_history(make: Make) -> None:
    session, model = make("s", session_settings={"limit": 2}), FakeModel()
    agent = Agent("assistant", model=model)
    for turn in range(3):
        await Runner.run(agent, f"question {turn}", session=session, run_config=QUIET)
    assert texts(model.seen[-1]) == ["question 1", "answer 2", "question 2"]


async def test_what_calls_cost(counted: CountingBackend, make: Make) -> None:
    session: StorageSession = make("s")
    item: Any = {"role": "user", "content": "x"}
    await session.add_items([item] * 3)

    async def cost(call: Any) -> dict[str, int]:
        counted.reset()
        await call
        return dict(counted.operations)

    assert await cost(session.get_items()) == {"get": 1}
    assert await cost(session.get_items(0)) == {}
    assert await cost(session.add_items([])) == {}
    assert await cost(session.add_items([item])) == {"put": 1}
    assert await cost(session.pop_item()) == {"put": 1}
    assert await cost(session.clear_session()) == {"put": 1}
    assert await cost(session.pop_item()) == {"get": 1}  # another process may have added one
    again = partial(make, "s")()
    assert await cost(again.get_items()) == {"get": 1}
