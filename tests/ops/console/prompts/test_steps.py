"""What a label pinned before."""

from __future__ import annotations

import pytest

from ingenious_ops.console.prompts.steps import step_back
from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings


@pytest.mark.parametrize(
    ("moves", "back"),
    [
        pytest.param([], None, id="never-moved"),
        pytest.param([1], None, id="moved-once"),
        pytest.param([1, 2], 1, id="twice"),
        pytest.param([1, 2, 2], 1, id="the-same-again"),
        pytest.param([1, 2, 3, 2], 1, id="taken-back-once"),
        pytest.param([1, 2, 3, 2, 1], None, id="taken-back-twice"),
        pytest.param([1, 2, 1, 2], 1, id="released-again"),
        pytest.param([1, 2, 3, 1], 3, id="moved-far-back"),
    ],
)
def test_step_back(moves: list[int], back: int | None) -> None:
    with Storage(Settings(storage=StorageSettings(type="inmemory"))) as storage:
        prompts = storage.prompts
        prompts.create_set("s", {"a": "1"})
        for number in (2, 3):
            prompts.commit("s", {"a": str(number)})
        for number in moves:
            prompts.set_label("production", "s", revision=number)
        found = step_back(prompts.label_history("production") if moves else [])
    assert (found and found.number) == back
