"""One conversation with a history."""

from __future__ import annotations

import pytest

from ingenious_storage import Storage

ID = "+44 20/7946 & more?"


@pytest.fixture
def told(storage: Storage) -> str:
    """Three revisions of it."""
    memory = storage.memory
    memory.save_memory(
        ID, {"messages": [{"role": "user", "content": "May I sail on 12 May?"}]}, author="bot"
    )
    memory.append_messages(ID, [{"role": "assistant", "content": "You may."}], author="bot")
    memory.append_messages(
        ID,
        [{"role": "user", "content": "Thank you"}],
        author="maria",
        message="Turn 3",
        tags=["prod"],
    )
    return ID
