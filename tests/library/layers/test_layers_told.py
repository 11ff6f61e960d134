"""What the layers tell of themselves, exactly, when a storage with all of them is used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingenious_storage import Storage
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.errors import (
    CorruptObjectError,
    KeyDestroyedError,
    KeyRefusedError,
    NotEncryptedError,
    StorageError,
    UnavailableError,
)
from ingenious_storage.key_providers.key_file import KeyFile
from tests.support.faults import FaultyBackend, refused
from tests.support.telemetry import Watch, watching

AT = {"container": "data"}
MEMORY = {"messages": ["the same words " * 200]}


@pytest.fixture
def watch() -> Iterator[Watch]:
    with watching() as watch:
        yield watch


class House:
    """One store that outlives the storages over it, each as of a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.key_file = folder / "vault.key"
        KeyFile.create(self.key_file)
        self.stores = {name: FaultyBackend(InMemoryBackend()) for name in ("data", "revisions")}

    def open(self, **cache: float) -> Storage:
        settings = StorageSettings(
            type="inmemory",
            container_data="data",
            container_revisions="revisions",
            compression={"enabled": True},
            encryption={"provider": "key_file", "key_file": self.key_file},
            cache={"max_bytes": 2**20, **cache},
            retry={"attempts": 1},
        )
        return Storage(Settings(storage=settings), backend=lambda _, name: self.stores[name])


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def told(watch: Watch, name: str, label: str) -> dict[str, float]:
    """The values of one metric of the data container, by one of its labels."""
    points = [point for point in watch.points(name) if AT.items() <= point[0].items()]
    return {str(labels.get(label)): value for labels, value in points}


def test_keys_are_asked_for_once_a_process(watch: Watch, house: House) -> None:
    house.open().memory.save_memory("a", MEMORY)
    before = told(watch, "keys.fetches", "level")
    again = house.open().memory
    for _ in range(3):
        again.load_memory("a")
        again.save_memory("a", MEMORY)
    after = told(watch, "keys.fetches", "level")
    asked = {level: after[level] - before.get(level, 0) for level in after}
    assert asked == {"document": 1, "container": 1, "master": 1, "vault": 1}


def test_a_key_that_is_refused_is_a_failure_of_the_vault(watch: Watch, house: House) -> None:
    house.open().memory.save_memory("a", MEMORY)
    house.key_file.chmod(0o644)
    with pytest.raises(KeyRefusedError):
        house.open().memory.load_memory("a")
    failed = [labels for labels, _ in watch.points("keys.fetches") if "error.type" in labels]
    assert failed == [{"container": "data", "level": "vault", "error.type": "key_refused"}]


def test_bytes_before_and_after_compression(watch: Watch, house: House) -> None:
    house.open().memory.save_memory("a", MEMORY)
    house.open().memory.load_memory("a")
    plain, stored = (
        told(watch, f"compression.{name}", "direction") for name in ("plain", "stored")
    )
    assert plain["write"] > 2500 > 5 * stored["write"]
    assert plain["read"] == plain["write"]
    assert stored["read"] == stored["write"]


def test_who_answered_a_read(watch: Watch, house: House) -> None:
    storage = house.open(stale_if_error=60)
    storage.data.save_bytes("k", b"12345")
    other = house.open(stale_if_error=60)
    for _ in range(2):
        other.data.load_bytes("k")
    house.stores["data"].rule = lambda _request: refused
    with pytest.raises(UnavailableError):
        other.data.save_bytes("k", b"")
    house.stores["data"].rule = None
    other.data.load_bytes("k")
    house.stores["data"].rule = lambda _request: refused
    other.data.load_bytes("k")
    answered = told(watch, "cache.reads", "outcome")
    assert answered == {"miss": 2, "revalidated": 1, "stale": 1}
    assert told(watch, "cache.io", "outcome") == {"revalidated": 5, "stale": 5}
    assert told(watch, "cache.size", "container")["data"] > 5


def test_why_a_blob_was_refused(watch: Watch, house: House) -> None:
    storage, store = house.open(), house.stores["data"].inner
    storage.memory.save_memory("a", MEMORY)
    key = storage.memory.kind.key("a")
    store.put("plain", b"plain")
    sealed = store.get(key).data
    store.put("moved", sealed)
    store.put(key, sealed[:-1] + bytes([sealed[-1] ^ 1]))
    for blob, kind in (
        ("plain", NotEncryptedError),
        ("moved", KeyDestroyedError),  # the key is that of a document, and this belongs to none
        (key, CorruptObjectError),
    ):
        with pytest.raises(StorageError) as met:
            house.open().data.load_bytes(blob)
        assert type(met.value) is kind
    assert told(watch, "encryption.refusals", "error.type") == {
        "not_encrypted": 1,
        "key_destroyed": 1,
        "corrupt_object": 1,
    }
