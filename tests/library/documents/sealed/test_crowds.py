"""Many processes that create, write, read and purge one conversation, with its key."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from ingenious_storage.backends.base import Backend
from ingenious_storage.errors import ConflictError, MemoryNotFoundError
from ingenious_storage.services.kinds import MEMORIES
from ingenious_storage.services.memory import MemoryManager
from tests.library.documents.sealed.test_copies import opened, raw_copy
from tests.support.writers import (
    CONVERSATION,
    Place,
    append_many,
    check_saved,
    remains,
    together,
    whole_history,
    with_one_more,
)

KEY = MEMORIES.key(CONVERSATION)
pytestmark = pytest.mark.timeout(900)


@dataclass
class Told:
    wrote: int = 0
    loaded: list[Any] = field(default_factory=list)
    purged: int = 0
    copies: list[dict[str, bytes]] = field(default_factory=list)


def live(writer: int, place: Place, turns: int) -> Told:
    """Writer 0 keeps copies of all that is stored, as a backup does."""
    lot, told, files = random.Random(writer), Told(), place.files()
    memory = MemoryManager(files)
    for turn in range(turns):
        if writer == 0:
            told.copies.append(copied(place.backend()))
            continue
        try:
            match lot.choices(("save", "append", "load", "purge"), (3, 3, 4, 1))[0]:
                case "save":
                    memory.save_memory(CONVERSATION, [f"{writer}/{turn}"])
                    told.wrote += 1
                case "append":
                    memory.update_memory(CONVERSATION, with_one_more(f"{writer}/{turn}"))
                    told.wrote += 1
                case "load":
                    told.loaded.append(memory.load_memory(CONVERSATION))
                case "purge":
                    memory.purge_memory(CONVERSATION)
                    told.purged += 1
        except (MemoryNotFoundError, ConflictError):
            continue
    files.close()
    return told


def copied(backend: Backend) -> dict[str, bytes]:
    """Whatever it could get hold of while others go on."""
    found = {}
    for info in backend.iterate():
        try:
            found[info.key] = backend.get(info.key).data
        except Exception:  # noqa: BLE001  # deleted meanwhile
            continue
    backend.close()
    return found


def test_purges_beside_writers_and_readers(place: Place) -> None:
    """Nobody meets a blob that cannot be opened, and in the end no copy can be."""
    if place.store is not None and not place.store.conditional_delete:
        pytest.skip("this server deletes whatever is there, also a record with a new key")
    files = place.files()
    MemoryManager(files).save_memory(CONVERSATION, ["0/0"])
    told = together(live, 8, place, 50)
    assert sum(each.wrote for each in told) > 50
    assert sum(each.purged for each in told) > 5
    messages = {f"{writer}/{turn}" for writer in range(8) for turn in range(50)}
    assert all(set(value) <= messages for each in told for value in each.loaded)
    backend, memory = place.backend(), MemoryManager(files)
    memory.save_memory(CONVERSATION, ["last"])
    assert whole_history(backend, KEY)[-1][1] == ["last"]
    copies = [*told[0].copies, raw_copy(backend)]
    memory.purge_memory(CONVERSATION)
    assert remains(backend) == []
    assert [*backend.iterate("keys/documents/")] == []
    assert [key for copy in copies for key in opened(backend, copy)] == []


@pytest.mark.parametrize("max_age", [0.0, 1000.0])
def test_what_is_remembered_decides_no_write(place: Place, max_age: float) -> None:
    """However long a cache may show what is old."""
    place = replace(place, max_age=max_age)
    told = together(append_many, 4, place, 25)
    history = whole_history(place.backend(), KEY)
    check_saved(history, told)
    assert len(history) == len(history[-1][1]) == 100
