"""The rules of a session, as the SDK writes them down; its own SQLiteSession keeps them too."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest
from agents import SessionSettings
from agents.memory import Session

from tests.library.adapters.openai_agents.conftest import Make

pytestmark = pytest.mark.anyio


def said(*texts: object) -> list[Any]:
    return [{"role": "user", "content": str(text)} for text in texts]


async def test_it_is_a_session(any_make: Make) -> None:
    session = any_make("s")
    assert isinstance(session, Session)
    assert session.session_id == "s"
    assert session.session_settings == SessionSettings()


async def test_what_is_added_comes_back_in_order(any_make: Make) -> None:
    session = any_make("s")
    assert await session.get_items() == []
    await session.add_items(said(1, 2))
    await session.add_items(said(3))
    assert await session.get_items() == said(1, 2, 3)
    assert await any_make("s").get_items() == said(1, 2, 3)  # another object, as after a restart


@pytest.mark.parametrize(
    ("limit", "texts"), [(0, []), (1, [3]), (2, [2, 3]), (99, [1, 2, 3]), (-1, [1, 2, 3])]
)
async def test_a_limit_takes_the_newest_in_their_order(
    any_make: Make, limit: int, texts: list[int]
) -> None:
    session = any_make("s", session_settings=SessionSettings(limit=1))
    await session.add_items(said(1, 2, 3))
    assert await session.get_items(limit) == said(*texts)
    session.session_settings = SessionSettings(limit=limit)
    assert await session.get_items() == said(*texts)
    session.session_settings = None
    assert await session.get_items() == said(1, 2, 3)


async def test_settings_may_be_a_table(any_make: Make) -> None:
    session = any_make("s", session_settings={"limit": 1})
    await session.add_items(said(1, 2))
    assert await session.get_items() == said(2)


async def test_pop_takes_the_newest_and_none_of_nothing(any_make: Make) -> None:
    session = any_make("s")
    assert await session.pop_item() is None
    await session.add_items(said(1, 2))
    assert [await session.pop_item() for _ in range(3)] == [*said(2), *said(1), None]
    assert await session.get_items() == []


async def test_a_cleared_session_goes_on(any_make: Make) -> None:
    session = any_make("s")
    await session.clear_session()  # there is nothing yet
    await session.add_items(said(1))
    await session.clear_session()
    assert await session.get_items() == []
    assert await session.pop_item() is None
    await session.add_items(said(2))
    assert await session.get_items() == said(2)


async def test_nothing_added_is_nothing(any_make: Make) -> None:
    session = any_make("s")
    await session.add_items([])
    assert await session.get_items() == []


async def test_sessions_do_not_see_each_other(any_make: Make) -> None:
    ids = ["a", "b", "", "a/b", "A", "\N{SNOWMAN}" * 99, "user@example.com", " ", ".."]
    for each in ids:
        await any_make(each).add_items(said(each))
    assert [await any_make(each).get_items() for each in ids] == [said(each) for each in ids]
    await any_make("a").clear_session()
    assert await any_make("a/b").get_items() == said("a/b")


async def test_the_same_item_twice_is_two(any_make: Make) -> None:
    session = any_make("s")
    item: Any = {"id": "msg_1", "type": "message", "role": "assistant", "content": []}
    await session.add_items([item, item])
    await session.add_items([item])
    assert await session.get_items() == [item] * 3


async def test_what_is_stored_is_a_copy(any_make: Make) -> None:
    session, items = any_make("s"), said(1)
    await session.add_items(items)
    items[0]["content"] = "changed"
    got = await session.get_items()
    got[0]["content"] = "changed too"
    assert await session.get_items() == said(1)


async def test_calls_at_the_same_time_are_all_there(any_make: Make) -> None:
    session, other = any_make("s"), any_make("s")
    await asyncio.gather(
        *((session, other)[n % 2].add_items(said(f"{n}a", f"{n}b")) for n in range(20))
    )
    texts = [item["content"] for item in await session.get_items()]
    assert sorted(texts) == sorted(f"{n}{half}" for n in range(20) for half in "ab")
    # A batch is in one piece.
    assert all(texts[n][:-1] == texts[n + 1][:-1] for n in range(0, 40, 2))


async def test_a_closed_session_refuses_everything(any_make: Make) -> None:
    session = any_make("s")
    await session.add_items(said(1))
    closing = session.close()  # SQLiteSession's is the only one that is not async
    if inspect.isawaitable(closing):
        await closing
    for call in (session.get_items, session.pop_item, session.clear_session):
        with pytest.raises(RuntimeError, match=f"^{type(session).__name__} is closed$"):
            await call()
    for items in ([], said(2)):
        with pytest.raises(RuntimeError, match="is closed"):
            await session.add_items(items)
    assert await any_make("s").get_items() == said(1)  # another object is not closed by it
