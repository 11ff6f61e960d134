"""Documents over shards: their contract, and everything of one document in one shard."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingenious_storage import Storage
from ingenious_storage.backends.local.backend import LocalBackend
from ingenious_storage.backends.sharded.placement import Placement
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.documents.format import segment
from ingenious_storage.errors import MemoryNotFoundError
from ingenious_storage.key_providers.key_file import KeyFile
from ingenious_storage.layers.encrypt.records import DOCUMENTS
from tests.library.backends.sharded.shards import RECORD
from tests.library.documents.test_semantics import *  # noqa: F403  # all of them, over shards

if TYPE_CHECKING:
    from tests.support.counting import CountingBackend

pytestmark = pytest.mark.slow
NAMES = ("a", "b", "c")
IDS = [f"thread-{number}" for number in range(12)]


@pytest.fixture
def backend(counted: CountingBackend) -> CountingBackend:
    """What the tests of the semantics look behind."""
    return counted


def settings(folder: Path, **more: object) -> Settings:
    shards = {name: {"type": "local", "local": {"base_path": str(folder / name)}} for name in NAMES}
    given = {"type": "sharded", "sharded": {"shards": shards}, **more}
    return Settings(storage=StorageSettings(**given))


@pytest.fixture(params=["plain", "encrypted"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    """A storage of three folders; encrypted, with hidden ids, compressed and remembered."""
    layers: dict[str, object] = {}
    if request.param == "encrypted":
        KeyFile.create(tmp_path / "vault.key")
        layers = {
            "encryption": {
                "provider": "key_file",
                "key_file": tmp_path / "vault.key",
                "hide_ids": True,
            },
            "compression": {"enabled": True},
            "cache": {"max_bytes": 1 << 20},
        }
    with Storage(settings(tmp_path, **layers)) as storage:
        if layers:
            storage.keys.init()
        yield storage


def blobs(folder: Path, container: str = "ingenious-data") -> dict[str, str]:
    """The shard of each blob, as the folders have them."""
    found: dict[str, str] = {}
    for name in NAMES:
        store = LocalBackend(folder / name / container)
        found |= {info.key: name for info in store.iterate() if info.key != RECORD}
    return found


def of_document(key: str) -> str:
    document = segment.split_key(key)
    return document[0] if document else key.removeprefix(DOCUMENTS).removeprefix("deleted/")


@pytest.fixture
def full(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> Storage:
    """Conversations with a sealed history, of which some are deleted."""
    monkeypatch.setattr(segment, "MAX_ENTRIES", 3)
    for name in IDS:
        for number in range(5):
            storage.memory.save_memory(name, {"number": number, "of": name})
    for name in IDS[:3]:
        storage.memory.delete_memory(name)
    return storage


def test_a_document_is_in_one_shard(full: Storage, tmp_path: Path) -> None:
    """Head, segments, marker and keys; and the documents are in all shards."""
    found, placement = blobs(tmp_path), Placement(NAMES)
    assert {of_document(key) for key in found if key.startswith("history/")}
    for key, shard in found.items():
        assert placement.shard_of(of_document(key)) == shard
    assert {*found.values()} == {*NAMES}


def test_everything_is_found_again(full: Storage, tmp_path: Path) -> None:
    with Storage(full.settings) as again:
        assert sorted(again.memory.list_conversations()) == sorted(IDS[3:])
        for name in IDS[3:]:
            assert again.memory.load_memory(name) == {"number": 4, "of": name}
            assert again.memory.load_memory(name, revision=1) == {"number": 0, "of": name}
            assert len(again.memory.history(name)) == 5
        again.memory.restore_memory(IDS[0])
        assert again.memory.load_memory(IDS[0]) == {"number": 4, "of": IDS[0]}
    assert not any(report.problems for report in full.verify().values())


def test_a_purge_leaves_nothing_in_any_shard(full: Storage, tmp_path: Path) -> None:
    documents = {of_document(key) for key in blobs(tmp_path) if "conversations/" in key}
    assert len(documents) == len(IDS)
    for name in IDS:
        full.memory.purge_memory(name)
    assert [*full.memory.list_conversations()] == []
    with pytest.raises(MemoryNotFoundError):
        full.memory.load_memory(IDS[-1])
    full.gc(grace=timedelta(0))
    left = {key for key in blobs(tmp_path) if of_document(key) in documents}
    assert left == set()
    assert not any(report.problems for report in full.verify().values())


def test_prompts_and_labels(storage: Storage, tmp_path: Path) -> None:
    for number in range(6):
        storage.prompts.create_set(f"set-{number}")
        storage.prompts.commit(f"set-{number}", {"a.md": f"text {number}"})
        storage.prompts.set_label(f"label-{number}", f"set-{number}")
    assert [*storage.prompts.list_sets()] == [f"set-{number}" for number in range(6)]
    assert storage.prompts.get("set-3", "a.md") == "text 3"
    assert {*blobs(tmp_path, "ingenious-revisions").values()} == {*NAMES}
