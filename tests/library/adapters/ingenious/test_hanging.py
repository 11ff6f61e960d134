"""A store that hangs: the event loop goes on, and who stops waiting knows what has become of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from ingenious_storage import CommitUnknownError, OperationTimeoutError, Storage, deadline
from ingenious_storage.aio import outcome
from ingenious_storage.config import Settings, StorageSettings
from tests.library.adapters.ingenious.conftest import Made
from tests.support.loops import arrived, goes_on
from tests.support.servers.azurite import Azurite
from tests.support.servers.doors import HangingDoor, hanging_door


@pytest.fixture
def door(azurite: Azurite) -> Iterator[HangingDoor]:
    with hanging_door(azurite.port) as made:
        yield made


@pytest.fixture
def settings(azurite: Azurite, door: HangingDoor, container_name: str) -> Settings:
    storage = StorageSettings(
        type="azure_blob",
        connection_string=azurite.connection_string.replace(f":{azurite.port}", f":{door.port}"),
        container_data=container_name,
        timeout=60,
    )
    return Settings(storage)


def test_the_event_loop_goes_on_while_the_store_hangs(
    repository: Made, door: HangingDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome, "PATIENCE", 0.05)
    data = repository("data")

    def calls() -> Iterator[Any]:
        yield data.read_file("context.md", "memory/c")
        yield data.write_file("x", "context.md", "memory/c")
        yield data.list_directories("templates/prompts")
        yield data.check_if_file_exists("outputs", "o.md")

    for call in calls():
        asyncio.run(goes_on(call, door))


def test_a_cancelled_write_says_whether_it_was_made(
    repository: Made, storage: Storage, door: HangingDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome, "PATIENCE", 30.0)
    data = repository("data")

    async def write(text: str) -> str:
        return await data.write_file(text, "context.md", "memory/c")

    async def cancelled(text: str, *, begun: bool = False) -> list[str]:
        if begun:
            task = await arrived(write(text), door)
        else:
            task = asyncio.ensure_future(write(text))
            await asyncio.sleep(0)
            await asyncio.sleep(0)  # its task of its own has begun
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        return caught.value.__notes__

    door.open()
    asyncio.run(write("one"))
    assert asyncio.run(cancelled("two")) == ["The change was made before this was cancelled."]
    door.shut()
    storage.close()  # so that connections are made anew, through the shut door
    monkeypatch.setattr(outcome, "PATIENCE", 0.1)
    monkeypatch.setattr(outcome, "GRACE", 30.0)
    [note] = asyncio.run(cancelled("three", begun=True))
    assert note.startswith("It is not known whether the change was made: look at")
    door.open()
    assert asyncio.run(data.read_file("context.md", "memory/c")) == "two"
    assert [each.number for each in storage.memory.history("c")] == [2, 1]


def test_a_deadline_says_whether_it_may_have_landed(repository: Made) -> None:
    data = repository("data")

    async def within(seconds: float) -> None:
        with deadline(seconds):
            await data.write_file("x", "context.md", "memory/c")

    with pytest.raises((OperationTimeoutError, CommitUnknownError)) as late:
        asyncio.run(within(0.3))
    assert not late.value.outcome_unknown  # the first request, which reads, was still under way
