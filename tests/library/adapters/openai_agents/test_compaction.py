"""Compaction of the SDK: what it read gives way to a summary in one conditional write."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest
from agents import Agent, OpenAIResponsesCompactionSession, Runner
from agents.extensions.memory import EncryptedSession

from ingenious_storage.adapters.openai_agents import StorageSession
from tests.library.adapters.openai_agents.conftest import Make
from tests.library.adapters.openai_agents.fake_model import QUIET, FakeModel
from tests.support.counting import CountingBackend

pytestmark = pytest.mark.anyio
KEY = "a long and random key of this test"


def said(*texts: object) -> list[Any]:
    return [{"role": "user", "content": str(text)} for text in texts]


class FakeClient:
    """Answers `responses.compact` with one message."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.responses = self

    async def compact(self, **given: Any) -> Any:
        self.asked.append(given)
        summary = {"type": "compaction", "encrypted_content": f"summary {len(self.asked)}"}
        return SimpleNamespace(output=[summary], usage=None)


def compacting(session: Any, client: FakeClient, **more: Any) -> OpenAIResponsesCompactionSession:
    return OpenAIResponsesCompactionSession(
        session.session_id,
        session,
        client=client,  # type: ignore[arg-type]
        compaction_mode="input",
        **more,
    )


async def test_the_end_is_replaced_in_one_write(make: Make, counted: CountingBackend) -> None:
    session: StorageSession = make("s")
    await session.add_items(said(1, 2, 3, 4))
    counted.reset()
    snapshot = await session._get_compaction_snapshot(3)
    assert snapshot is not None
    assert (snapshot.items, snapshot.complete) == (said(2, 3, 4), False)
    snapshot.items.clear()  # it is the caller's
    assert await snapshot.replace_suffix(1, said("summary"))
    assert counted.operations == {"get": 1, "put": 1}
    assert await session.get_items() == said(1, 2, "summary")
    newest, *_ = await session.history()
    assert newest.message == "compaction"
    whole = await session._get_compaction_snapshot(3)
    assert whole is not None
    assert whole.complete
    assert await whole.replace_suffix(0, [])
    assert await session.get_items() == []


@pytest.mark.parametrize("change", ["add", "pop", "clear", "erase"])
async def test_what_has_changed_is_not_replaced(make: Make, change: str) -> None:
    session: StorageSession = make("s")
    await session.add_items(said(1, 2, 3))
    snapshot = await session._get_compaction_snapshot(2)
    assert snapshot is not None
    other: StorageSession = make("s")
    match change:
        case "add":
            await other.add_items(said(4))
        case "pop":
            await other.pop_item()
        case "clear":
            await other.clear_session()
        case "erase":
            await other.erase_session()
    before = await session.get_items()
    assert not await snapshot.replace_suffix(0, said("summary"))
    assert await session.get_items() == before
    assert not await snapshot.replace_suffix(9, said("summary"))  # nothing was selected


async def test_what_is_before_the_end_may_change(make: Make) -> None:
    session: StorageSession = make("s")
    items: Any = [{"role": "user", "content": "x", "score": math.nan}]
    await session.add_items(said(1, 2, 3) + items)
    late = await session._get_compaction_snapshot(1)
    early = await session._get_compaction_snapshot(
        2, prune_prefix=lambda item: dict(item)["content"] in {"1", "3"}
    )
    assert early is not None
    assert late is not None
    assert await early.replace_suffix(1, items)  # of those before only the first one has expired
    assert [dict(item)["content"] for item in await session.get_items()] == ["2", "3", "x"]
    assert await late.replace_suffix(0, said("summary"))
    assert await session.get_items() == said(2, 3, "summary")


async def test_a_subclass_is_not_bypassed(make: Make) -> None:
    class Shouting(StorageSession):
        pass

    assert await Shouting("s", make("s")._place.storage)._get_compaction_snapshot(5) is None


@pytest.mark.parametrize("encrypted", [False, True])
async def test_a_run_compacts_by_itself(make: Make, encrypted: bool) -> None:
    plain: StorageSession = make("s")
    client, model = FakeClient(), FakeModel()
    compaction = compacting(
        plain, client, should_trigger_compaction=lambda told: len(told["session_items"]) >= 6
    )
    session: Any = EncryptedSession("s", compaction, KEY) if encrypted else compaction
    agent = Agent("assistant", model=model)
    for turn in range(3):
        await Runner.run(agent, f"question {turn}", session=session, run_config=QUIET)
    assert len(client.asked) == 1
    items = await session.get_items()
    assert [item.get("encrypted_content") for item in items] == ["summary 1"]
    messages = [revision.message for revision in await plain.history()]
    assert messages == ["compaction", *[None] * 6]  # no clear in between
    await Runner.run(agent, "and now?", session=session, run_config=QUIET)
    assert model.seen[-1][0]["encrypted_content"] == "summary 1"
    assert len(await session.get_items()) == 3


async def test_an_item_that_came_meanwhile_is_kept(make: Make) -> None:
    plain: StorageSession = make("s")

    class Slow(FakeClient):
        async def compact(self, **given: Any) -> Any:
            await make("s").add_items(said("meanwhile"))
            return await super().compact(**given)

    client, model = Slow(), FakeModel()
    session = compacting(plain, client, should_trigger_compaction=lambda _: True)
    agent = Agent("assistant", model=model)
    await Runner.run(agent, "question", session=session, run_config=QUIET)
    assert len(client.asked) == 1
    kinds = [item.get("content") for item in await plain.get_items()]
    assert kinds[0] == "question"
    assert kinds[-1] == "meanwhile"
    assert len(kinds) == 3


async def test_a_compaction_by_hand(make: Make) -> None:
    session: StorageSession = make("s")
    await session.add_items(said(1, 2))
    await compacting(session, FakeClient()).run_compaction({"force": True})
    assert [dict(item).get("encrypted_content") for item in await session.get_items()] == [
        "summary 1"
    ]
    first_clear = (await session.history())[1]
    assert first_clear.message == "clear_session"
    await session.rollback(1)
    assert await session.get_items() == said(1, 2)
