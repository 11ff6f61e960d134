"""A store that hangs: the event loop goes on, and who gives up knows what has become of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ingenious_storage import OperationTimeoutError, Storage, deadline
from ingenious_storage.adapters.openai_agents import StorageSession
from ingenious_storage.aio import outcome
from ingenious_storage.config import Settings, StorageSettings
from tests.support.loops import arrived, goes_on
from tests.support.servers.azurite import Azurite
from tests.support.servers.doors import HangingDoor, hanging_door

ITEM: Any = {"role": "user", "content": "x"}


@pytest.fixture
def door(azurite: Azurite) -> Iterator[HangingDoor]:
    with hanging_door(azurite.port) as made:
        yield made


@pytest.fixture
def storage(azurite: Azurite, door: HangingDoor, container_name: str) -> Iterator[Storage]:
    settings = StorageSettings(
        type="azure_blob",
        connection_string=azurite.connection_string.replace(f":{azurite.port}", f":{door.port}"),
        container_data=container_name,
        timeout=60,
    )
    with Storage(Settings(settings)) as made:
        yield made


@pytest.fixture
def opened(storage: Storage, door: HangingDoor) -> StorageSession:
    """A session with an item, behind a door that is shut again."""
    session = StorageSession("s", storage)
    door.open()
    asyncio.run(session.add_items([ITEM]))
    door.shut()
    storage.close()  # so that connections are made anew, through the shut door
    return session


def test_the_event_loop_goes_on(
    opened: StorageSession, door: HangingDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome, "PATIENCE", 0.05)

    many: Any = [ITEM] * 2000
    calls: list[Callable[[], Any]] = [
        opened.get_items,
        lambda: opened.add_items(many),
        opened.pop_item,
        opened.clear_session,
        lambda: opened._get_compaction_snapshot(5),
    ]
    for call in calls:
        asyncio.run(goes_on(call(), door))


def test_a_cancelled_add_says_what_became_of_it(
    opened: StorageSession, door: HangingDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome, "PATIENCE", 0.1)
    monkeypatch.setattr(outcome, "GRACE", 30.0)

    async def cancelled() -> asyncio.CancelledError:
        task = await arrived(opened.add_items([ITEM] * 3), door)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        return caught.value

    error = asyncio.run(cancelled())
    door.open()
    found = len(asyncio.run(opened.get_items()))
    # It was on its way, and no store has answered.
    assert error.__notes__ == [
        "It is not known whether the change was made: look at the document's history."
    ]
    assert getattr(error.__cause__, "outcome_unknown", None)
    assert found in {1, 4}
    asyncio.run(opened.add_items([ITEM]))
    assert len(asyncio.run(opened.get_items())) == found + 1


def test_an_add_that_is_cancelled_while_the_store_works_is_made(
    opened: StorageSession, door: HangingDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome, "PATIENCE", 30.0)
    door.open()

    async def cancelled() -> asyncio.CancelledError:
        task = asyncio.create_task(opened.add_items([ITEM] * 3))
        await asyncio.sleep(0)
        await asyncio.sleep(0)  # its task of its own has begun
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        return caught.value

    error = asyncio.run(cancelled())
    assert error.__notes__ == ["The change was made before this was cancelled."]
    assert error.__cause__ is None
    assert len(asyncio.run(opened.get_items())) == 4


def test_a_deadline_says_what_became_of_it(opened: StorageSession, door: HangingDoor) -> None:
    async def late() -> None:
        with deadline(0):
            await opened.add_items([ITEM])

    with pytest.raises(OperationTimeoutError) as refused:
        asyncio.run(late())
    assert not refused.value.outcome_unknown
    door.open()
    assert len(asyncio.run(opened.get_items())) == 1
