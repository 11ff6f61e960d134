"""Items in an encrypted container that hides ids, and the spans of calls: neither names anybody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ingenious_storage import Storage
from ingenious_storage.adapters.langgraph import StorageStore
from ingenious_storage.config import Settings, StorageSettings
from tests.library.adapters.langgraph.items.conftest import Clock
from tests.support.layering import new_key_file, sections
from tests.support.telemetry import watching

ANA = ("users", "ana@example")


def test_nobody_is_named_in_the_store(tmp_path: Path, clock: Clock) -> None:
    layers: dict[str, Any] = sections(new_key_file(tmp_path))
    layers["encryption"]["hide_ids"] = True
    settings = Settings(StorageSettings(base_path=tmp_path / "containers", **layers))
    with Storage(settings) as storage:
        StorageStore(storage).put(ANA, "home", {"text": "lives in Lyon"})
    with Storage(settings) as storage:
        store = StorageStore(storage, clock=clock)
        store.put((*ANA, "deep"), "passing", {"text": "in Lyon today"}, ttl=1)
        assert len(store.search(ANA[:1])) == 2
        assert [item.key for item in store.search(ANA, query="lives Lyon", limit=1)] == ["home"]
        assert store.list_namespaces(prefix=("users",)) == [ANA, (*ANA, "deep")]
        assert store.list_namespaces(suffix=("deep",)) == [(*ANA, "deep")]
        names = [str(path) for path in (tmp_path / "containers").rglob("*")]
        stored = [path.read_bytes() for path in map(Path, names) if path.is_file()]
        assert not any("ana" in name or "deep" in name for name in names)
        assert not any(b"ana@" in data or b"Lyon" in data for data in stored)
        clock.move(minutes=2)
        assert len(store.sweep()) == 1
        assert len(store.erase(ANA)) == 1
        assert store.list_namespaces() == []


def test_the_spans_of_calls_name_nobody(store: StorageStore) -> None:
    with watching() as seen:
        store.put(ANA, "home", {"text": "lives in Lyon"})
        store.put(ANA, "home", {"text": "left Lyon"})
        assert store.get(ANA, "home")
        store.delete(ANA, "home")
    documents = [name for name, _, _ in seen.span_list() if ".document." in name]
    assert [name.rpartition(".")[2] for name in documents] == ["create", "update", "load", "delete"]
    assert not any(word in repr(seen.span_list()) for word in ("ana", "home", "Lyon"))
