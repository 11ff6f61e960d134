"""A store that hangs: the event loop goes on."""

from __future__ import annotations

import asyncio

import pytest
from pydantic_ai.conversation import Conversation
from pydantic_ai.conversation_store import ConversationRecord

from ingenious_storage import Storage
from ingenious_storage.adapters.pydantic_ai import StorageConversationStore
from ingenious_storage.aio import outcome
from ingenious_storage.config import Settings, StorageSettings
from tests.support.loops import goes_on
from tests.support.servers.azurite import Azurite
from tests.support.servers.doors import hanging_door


def test_the_event_loop_goes_on(
    azurite: Azurite, container_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome, "PATIENCE", 0.05)

    with hanging_door() as door:
        text = azurite.connection_string.replace(f":{azurite.port}", f":{door.port}")
        settings = StorageSettings(
            type="azure_blob", connection_string=text, container_data=container_name, timeout=60
        )
        with Storage(Settings(settings)) as storage:
            store = StorageConversationStore(storage)
            record = ConversationRecord(conversation_id="c", head_id=None)
            for call in (
                lambda: store.load("c"),
                lambda: store.save(Conversation(conversation_id="c")),
                lambda: store.write_record(record, expected_revision=None),
                lambda: store.delete_record("c", expected_revision="r"),
                lambda: store.list_conversations(scope="ana"),
                lambda: store.read_entry("e"),
            ):
                asyncio.run(goes_on(call(), door))
