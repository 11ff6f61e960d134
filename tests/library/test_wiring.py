from __future__ import annotations

import os
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from langgraph.store.base import PutOp

from ingenious_storage import (
    ConfigurationError,
    MemoryManager,
    PromptLibrary,
    Storage,
    default_storage,
    get_file_storage,
    wiring,
)
from ingenious_storage.adapters.langgraph import StorageStore
from ingenious_storage.backends.base import Backend
from ingenious_storage.backends.local.backend import LocalBackend
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.key_providers.key_file import KeyFile
from ingenious_storage.layers.base import Layer
from ingenious_storage.testing import BackendContract, Oracle
from tests.support.counting import CountingBackend


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory without any configuration, and no default storage yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(wiring, "_default", None)
    return tmp_path


def test_with_no_configuration_at_all_it_is_a_local_folder(elsewhere: Path) -> None:
    MemoryManager().save_memory("c", {"a": 1})
    PromptLibrary().create_set("s", {"p": "text"})
    found = {str(path.relative_to(elsewhere)) for path in elsewhere.rglob("*.json")}
    assert found == {
        "data/ingenious-data/conversations/c/memory.json",
        "data/ingenious-revisions/prompts/s.json",
    }
    assert get_file_storage().load_json("conversations/c/memory.json")["data"] == {"a": 1}
    assert get_file_storage("revisions").exists("prompts/s.json")
    with pytest.raises(ConfigurationError):
        get_file_storage("other")  # type: ignore[arg-type]


def test_there_is_one_default_storage(elsewhere: Path) -> None:
    assert default_storage() is default_storage()
    assert MemoryManager().documents is default_storage().memory.documents


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_makes_its_own(elsewhere: Path) -> None:
    ours = default_storage()
    ours.memory.save_memory("c", 1)
    child = os.fork()
    if child == 0:
        made_anew = default_storage() is not ours
        saved = MemoryManager().save_memory("c", 2).number
        os._exit(0 if made_anew and saved == 2 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert ours.memory.load_memory("c") == 2


def test_the_fixture_for_users_is_the_default(ingenious_storage: Storage) -> None:
    assert default_storage() is ingenious_storage
    MemoryManager().save_memory("c", 1)
    assert ingenious_storage.memory.load_memory("c") == 1


def test_the_order_of_layers(tmp_path: Path) -> None:
    storage = Storage(Settings(storage=StorageSettings(base_path=tmp_path)))
    names, backend = [], storage.data.backend
    while isinstance(backend, Layer):
        names.append(type(backend).__name__)
        backend = backend.inner
    assert [*names, type(backend).__name__] == ["RetryLayer", "InstrumentLayer", "LocalBackend"]


def test_closing_closes_every_backend_once(tmp_path: Path) -> None:
    closed = []

    class Closing(CountingBackend):
        def close(self) -> None:
            closed.append(self.inner)

    with Storage(
        Settings(storage=StorageSettings(type="inmemory")),
        backend=lambda settings, name: Closing(wiring.build_backend(settings, name)),
    ) as storage:
        storage.memory.save_memory("c", 1)
        assert storage.data.container_exists("ingenious-revisions") is False
    assert len(closed) == 2


def test_a_limit_of_the_configuration_reaches_the_documents(tmp_path: Path) -> None:
    settings = StorageSettings(type="inmemory", max_document_bytes=10, retention_days=7)
    storage = Storage(Settings(storage=settings))
    with pytest.raises(Exception, match="the limit is 10"):
        storage.memory.save_memory("c", "more than ten bytes")
    storage.memory.save_memory("c", 1)
    receipt = storage.memory.purge_memory("c")
    assert receipt.recoverable_until is not None
    assert (receipt.recoverable_until - receipt.purged_at).days == 7


@pytest.mark.parametrize(
    ("storage", "workers", "readers"),
    [
        ({"type": "local"}, 16, 1),
        ({"type": "inmemory"}, 16, 1),
        ({"type": "azure_blob", "account_name": "account"}, 16, 16),
        ({"type": "local", "workers": 3}, 3, 3),
        ({"type": "azure_blob", "account_name": "account", "workers": 1}, 1, 1),
    ],
)
def test_calls_at_once_are_what_pays_on_the_store_until_a_number_is_given(
    storage: dict[str, Any], workers: int, readers: int
) -> None:
    with Storage(Settings(storage=StorageSettings(**storage))) as made:
        documents = made.memory.documents
        assert (documents.workers, documents.readers) == (workers, readers)


@pytest.mark.parametrize("workers", [None, 2])
def test_on_disk_many_are_read_by_the_thread_that_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int | None
) -> None:
    by_asker: set[bool] = set()
    get = LocalBackend.get

    def noted(backend: LocalBackend, *given: Any, **named: Any) -> Any:
        by_asker.add(threading.current_thread() is threading.main_thread())
        return get(backend, *given, **named)

    def alone() -> bool:
        found = {*by_asker}
        by_asker.clear()
        return found == {True}

    KeyFile.create(tmp_path / "keys.json")
    given = {"provider": "key_file", "key_file": tmp_path / "keys.json"}
    settings = StorageSettings(
        base_path=tmp_path / "data",
        workers=workers,
        encryption=given,
        catalogue={"plain_index": True},
    )
    with Storage(Settings(storage=settings)) as storage:
        names, items = [f"c-{number}" for number in range(20)], StorageStore(storage)
        storage.memory.save_many({name: {} for name in names})
        items.batch([PutOp(("a",), name, {}) for name in names])
        monkeypatch.setattr(LocalBackend, "get", noted)
        assert len(storage.memory.load_many(names)) == 20
        assert not storage.verify()["data"].problems
        assert storage.catalogue.sync().read == 20
        assert alone() is (workers is None)
        assert not storage.keys.verify()["data"].problems
        assert alone() is (workers is None)
        assert len(items.search(("a",), limit=20)) == 20
        assert alone() is (workers is None)


@pytest.mark.parametrize(
    ("encryption", "days"),
    [
        (None, 7),
        ({}, 7),
        ({"key_retention_days": 2}, 2),
        ({"key_retention_days": 30}, 7),  # what is gone with its blobs is gone
        ({"key_retention_days": 2, "accept_plain": True}, 7),
    ],
)
def test_the_retention_of_keys_counts_where_keys_are_destroyed(
    tmp_path: Path, encryption: dict[str, Any] | None, days: int
) -> None:
    KeyFile.create(tmp_path / "keys.json")
    if encryption is not None:
        encryption |= {"provider": "key_file", "key_file": tmp_path / "keys.json"}
    settings = StorageSettings(type="inmemory", retention_days=7, encryption=encryption or {})
    storage = Storage(Settings(storage=settings))
    storage.memory.save_memory("c", 1)
    receipt = storage.memory.purge_memory("c")
    assert bool(receipt.keys) is (encryption is not None)
    assert receipt.copies_readable is (encryption is None)
    assert receipt.recoverable_until == receipt.purged_at + timedelta(days=days)
    storage.prompts.create_set("s", {"a.md": "1"})
    assert storage.prompts.purge_set("s").copies_readable is (encryption is None)


class TestFullStack(BackendContract):
    """The contract on what `Storage` builds, on a folder."""

    key_may_be_folder = False
    keeps_content_type = False

    @pytest.fixture
    def settings(self, tmp_path: Path) -> StorageSettings:
        return StorageSettings(base_path=tmp_path)

    @pytest.fixture
    def backend(self, settings: StorageSettings) -> Backend:
        files = Storage(Settings(storage=settings)).data
        files.ensure_container()
        return files.backend

    @pytest.fixture
    def oracle(self, settings: StorageSettings) -> Oracle:
        from tests.library.backends.local.oracle import FolderOracle

        return FolderOracle(settings.base_path / settings.container_data)
