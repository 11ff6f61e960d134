"""Hidden ids on each kind of store: a `~` and 32 digits are a name everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.key_providers.key_file import KeyFile
from tests.support.stores import EVERY, running

IDS = {"+49 171 5550123", "wörter/日本語", "x" * 300}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["local", *EVERY])
def test_conversations_are_found_again(
    kind: str, tmp_path: Path, container_name: str, request: pytest.FixtureRequest
) -> None:
    key_file = tmp_path / "vault.key"
    KeyFile.create(key_file)
    encryption = {"provider": "key_file", "key_file": key_file, "hide_ids": True}
    if kind == "local":
        settings = StorageSettings(base_path=tmp_path, encryption=encryption)
    else:
        settings = running(kind, request).settings(
            container_data=f"{container_name[:50]}-data",
            container_revisions=f"{container_name[:50]}-revisions",
            encryption=encryption,
        )
    with Storage(Settings(storage=settings)) as storage:
        for name in IDS:
            storage.memory.save_memory(name, {"of": name})
        storage.memory.delete_memory("x" * 300)
    with Storage(Settings(storage=settings)) as storage:
        assert set(storage.memory.list_conversations()) == IDS - {"x" * 300}
        assert storage.memory.load_memory("wörter/日本語") == {"of": "wörter/日本語"}
        assert storage.verify()["data"].problems == ()
        assert not [key for key in storage.data.list_keys() if "5550123" in key.split("/")[1]]
