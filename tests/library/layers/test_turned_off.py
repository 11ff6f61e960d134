"""A layer that is turned off again: what it encoded is refused by its name, and never erased."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.key_providers.key_file import KeyFile

LAYERS = ("encryption", "compression")


def storage_of(tmp_path: Path, *layers: str) -> Storage:
    values: dict[str, Any] = {
        "encryption": {"provider": "key_file", "key_file": tmp_path / "vault.key"},
        "compression": {"enabled": True},
    }
    chosen = {name: values[name] for name in layers}
    return Storage(Settings(StorageSettings(base_path=tmp_path / "data", **chosen)))


@pytest.mark.parametrize("off", LAYERS)
def test_it_is_named_and_nothing_is_erased(tmp_path: Path, off: str) -> None:
    KeyFile.create(tmp_path / "vault.key")
    with storage_of(tmp_path, *LAYERS) as storage:
        storage.memory.save_memory("c", ["a text"] * 100)
        storage.data.save_text("notes", "a text" * 100)
    # Compression is beneath nothing that is off: without encryption only the seal is seen.
    rest = () if off == "encryption" else ("encryption",)
    with storage_of(tmp_path, *rest) as storage:
        for call in (
            lambda: storage.memory.load_memory("c"),
            lambda: storage.memory.append_messages("c", []),
            lambda: storage.memory.purge_memory("c"),
            lambda: storage.data.load_text("notes"),
            lambda: storage.data.load_json("notes"),
            lambda: storage.keys.open_blob("data", "notes"),
        ):
            with pytest.raises(ConfigurationError, match=f"storage.{off} is off"):
                call()
    with storage_of(tmp_path, *LAYERS) as storage:
        assert storage.memory.load_memory("c") == ["a text"] * 100
