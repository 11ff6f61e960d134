"""A storage in memory that is encrypted by a key file, with eyes of its own for what is stored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ingenious_storage import Storage
from ingenious_storage.backends.base import Backend
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.key_providers.key_file import KeyFile
from tests.support.counting import CountingBackend
from tests.support.faults import FaultyBackend

MAGIC = b"\x93ISE"


class Setting:
    """Storages over the same two containers, each made as a process would make it."""

    def __init__(self, folder: Path) -> None:
        self.key_file = folder / "keys.json"
        self.stores: dict[str, Backend] = {}
        self.counting: dict[str, CountingBackend] = {}
        self.faults: dict[str, FaultyBackend] = {}

    def encryption(self, **options: Any) -> dict[str, Any]:
        return {"provider": "key_file", "key_file": self.key_file, **options}

    def storage(self, **settings: Any) -> Storage:
        """As a new process would open it; encrypted unless told otherwise."""
        settings = {
            "type": "inmemory",
            "encryption": self.encryption(),
            "retry": {"base": 0.001, "cap": 0.001},
            **settings,
        }
        return Storage(
            Settings(storage=StorageSettings(**settings)),
            backend=lambda _settings, name: self._open(name),
        )

    def plain(self) -> Storage:
        return self.storage(encryption={})

    def made(self) -> Storage:
        """With its key file."""
        if not self.key_file.exists():
            KeyFile.create(self.key_file)
        return self.storage()

    def stored(self, container: str = "ingenious-data") -> dict[str, bytes]:
        """What lies there, without our layers."""
        store = self.stores[container]
        return {info.key: store.get(info.key).data for info in store.iterate()}

    def blobs(self, container: str = "ingenious-data") -> dict[str, bytes]:
        """The same without the records of keys."""
        found = self.stored(container)
        return {key: data for key, data in found.items() if not key.startswith("keys/")}

    def _open(self, name: str) -> Backend:
        store = self.stores.setdefault(name, InMemoryBackend())
        counting = self.counting[name] = CountingBackend(store)
        faulty = self.faults[name] = FaultyBackend(counting)
        return faulty


def conversations(storage: Storage, count: int) -> None:
    for number in range(count):
        storage.memory.save_memory(f"c{number}", {"text": f"words {number}"})


Wrap = Callable[[Backend], Backend]
