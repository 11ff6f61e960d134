"""What the SDK does not ask for: the history of a session, and how it is erased."""

from __future__ import annotations

from typing import Any

import pytest

from ingenious_storage import RevisionNotFoundError, Storage
from ingenious_storage.adapters.openai_agents import StorageSession
from tests.library.adapters.openai_agents.conftest import Make
from tests.support.counting import CountingBackend
from tests.support.writers import remains

pytestmark = pytest.mark.anyio


def said(*texts: object) -> list[Any]:
    return [{"role": "user", "content": str(text)} for text in texts]


async def test_a_cleared_session_can_be_brought_back(make: Make) -> None:
    session: StorageSession = make("s")
    assert await session.history() == []
    await session.add_items(said(1))
    await session.add_items(said(2))
    await session.clear_session()
    await session.clear_session()  # nothing to clear: nothing is written
    cleared, *before = await session.history()
    assert (cleared.number, cleared.message) == (3, "clear_session")
    assert [each.number for each in before] == [2, 1]
    back = await session.rollback(before[0].number)
    assert back.number == 4
    assert await session.get_items() == said(1, 2)
    assert [each.number for each in await session.history(limit=2)] == [4, 3]
    with pytest.raises(RevisionNotFoundError):
        await session.rollback(99)


async def test_erase_leaves_nothing(make: Make, counted: CountingBackend, storage: Storage) -> None:
    session: StorageSession = make("s")
    for turn in range(40):  # more than one segment
        await session.add_items(said(turn))
    receipt = await session.erase_session()
    assert receipt is not None
    assert receipt.revisions == 40
    assert remains(counted) == []
    assert await session.get_items() == []
    assert await session.erase_session() is None
    await session.clear_session(erase=True)
    await session.add_items(said("new"))
    assert [each.number for each in await session.history()] == [1]
    await session.clear_session(erase=True)
    assert remains(counted) == []
    assert storage.verify()["data"].problems == ()


async def test_a_session_that_another_process_erased_begins_anew(
    make: Make, counted: CountingBackend
) -> None:
    here: StorageSession = make("s")
    await here.add_items(said(1, 2))
    settings = here._place.storage.settings
    with Storage(settings, backend=lambda *_: counted) as elsewhere:
        await StorageSession("s", elsewhere).erase_session()
        await here.add_items(said(3))
        assert await here.get_items() == said(3)
        await StorageSession("s", elsewhere).erase_session()
        assert await here.pop_item() is None
        await here.add_items(said(4))
        await StorageSession("s", elsewhere).erase_session()
        await here.clear_session()
        assert await here.get_items() == []


async def test_the_storage_of_the_configuration_is_taken(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingenious_storage.adapters import place

    opened = []

    def default_storage() -> Storage:
        opened.append(storage)
        return storage

    monkeypatch.setattr(place, "default_storage", default_storage)
    session = StorageSession("s")
    assert opened == []  # not before it is needed
    await session.add_items(said(1))
    await session.close()
    assert opened
    assert await StorageSession("s", storage).get_items() == said(1)  # nobody has closed it
