"""Many processes, one conversation."""

from __future__ import annotations

import pytest

from ingenious_storage.services.kinds import MEMORIES
from ingenious_storage.services.memory import MemoryManager
from tests.support.writers import (
    CONVERSATION,
    Place,
    append_many,
    check_saved,
    save_many,
    together,
    whole_history,
)

KEY = MEMORIES.key(CONVERSATION)
CROWDS = [(3, 12), pytest.param(8, 50, marks=[pytest.mark.slow, pytest.mark.timeout(900)])]


@pytest.mark.parametrize(("writers", "turns"), CROWDS)
def test_appends_by_many_processes_are_there_once_each(
    place: Place, writers: int, turns: int
) -> None:
    told = together(append_many, writers, place, turns)
    assert [len(saved.acknowledged) for saved in told] == [turns] * writers
    history = whole_history(place.backend(), KEY)
    check_saved(history, told)
    assert [revision.number for revision, _ in history] == list(range(1, writers * turns + 1))
    final = history[-1][1]
    assert sorted(final) == sorted(f"{w}/{t}" for w in range(writers) for t in range(turns))
    for saved in told:
        mine = [message for _, message in saved.acknowledged]
        assert [message for message in final if message in mine] == mine  # in its own order
        for revision, message in saved.acknowledged:
            assert final[revision.number - 1] == message
    for revision, data in history:
        assert data == final[: revision.number]
    assert MemoryManager(place.files()).load_memory(CONVERSATION) == final


@pytest.mark.parametrize(("writers", "turns"), CROWDS)
def test_no_acknowledged_save_of_many_processes_is_missing(
    place: Place, writers: int, turns: int
) -> None:
    told = together(save_many, writers, place, turns)
    assert [len(saved.acknowledged) for saved in told] == [turns] * writers
    history = whole_history(place.backend(), KEY)
    check_saved(history, told)
    assert [revision.number for revision, _ in history] == list(range(1, writers * turns + 1))
    by_number = {revision.number: data for revision, data in history}
    for saved in told:
        numbers = [revision.number for revision, _ in saved.acknowledged]
        assert numbers == sorted(numbers)  # what returned before is older
        for revision, value in saved.acknowledged:
            assert by_number[revision.number] == value
