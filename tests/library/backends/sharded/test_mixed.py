"""A whole storage over shards on servers, of one kind and of several."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ingenious_storage import Storage
from ingenious_storage.backends.sharded.placement import Placement
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.documents.format import segment
from ingenious_storage.errors import InvalidKeyError, MemoryNotFoundError, StorageError
from tests.support.stores import running

pytestmark = pytest.mark.slow
IDS = [f"thread-{number}" for number in range(20)]
LONG = "長" * 400
"""Of 1,200 bytes: S3 and GCS take 1,024."""


def shard_on(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Mapping[str, Any]:
    """The settings of a shard."""
    if name == "folder":
        return {"type": "local", "local": {"base_path": str(tmp_path / "folder")}}
    store = running(name, request)
    return {"type": store.type, store.api: dict(store.section)}


def settings_of(shards: Mapping[str, Mapping[str, Any]], container: str) -> Settings:
    return Settings(
        storage=StorageSettings(
            type="sharded",
            sharded={"shards": shards},
            container_data=f"{container}-d",
            container_revisions=f"{container}-r",
        )
    )


@pytest.mark.parametrize(
    "kinds",
    [
        ("folder", "azurite", "versitygw"),
        ("azurite", "fake_gcs", "folder", "versitygw"),
        ("versitygw", "fake_gcs"),
    ],
    ids="-".join,
)
def test_a_storage_over_shards_of_several_kinds(
    kinds: tuple[str, ...],
    request: pytest.FixtureRequest,
    tmp_path: Path,
    container_name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(segment, "MAX_ENTRIES", 3)
    shards = {kind.replace("_", "-"): shard_on(kind, request, tmp_path) for kind in kinds}
    settings = settings_of(shards, container_name)
    with Storage(settings) as storage:
        for name in IDS:
            for number in range(5):
                storage.memory.save_memory(name, {"number": number, "of": name})
        homes = {Placement(shards).shard_of(f"conversations/{name}/memory.json") for name in IDS}
        assert homes == {*shards}
        for number in range(3):
            storage.prompts.create_set(f"s-{number}", {"a.md": f"{number}"})
            storage.prompts.set_label(f"l-{number}", f"s-{number}")
        storage.memory.delete_memory(IDS[0])
        storage.memory.purge_memory(IDS[1])
    with Storage(settings) as again:
        assert sorted(again.memory.list_conversations()) == sorted(IDS[2:])
        for name in IDS[2:]:
            assert again.memory.load_memory(name) == {"number": 4, "of": name}
            assert again.memory.load_memory(name, revision=1) == {"number": 0, "of": name}
        again.memory.restore_memory(IDS[0])
        with pytest.raises(MemoryNotFoundError):
            again.memory.load_memory(IDS[1])
        assert [label.name for label in again.prompts.list_labels()] == ["l-0", "l-1", "l-2"]
        again.gc(grace=timedelta(0))
        assert not any(report.problems for report in again.verify().values())
        for key in (f"{LONG}-{number}" for number in range(8)):  # of each shard some
            with pytest.raises(InvalidKeyError):
                again.data.save_bytes(key, b"")
        assert not [key for key in again.data.list_keys() if key.startswith("長")]


def test_a_store_without_order_is_told_by_the_first_listing(
    request: pytest.FixtureRequest, tmp_path: Path, container_name: str
) -> None:
    """SeaweedFS keeps what it is given, and lists "a/b" before "a-b"."""
    shards = {name: shard_on("seaweedfs", request, tmp_path) for name in ("a",)}
    shards["b"] = shard_on("folder", request, tmp_path)
    with Storage(settings_of(shards, container_name)) as storage:
        keys = [f"{number}{sign}x" for number in range(12) for sign in "-/"]
        for key in keys:
            storage.data.save_bytes(key, key.encode())
        assert [storage.data.load_bytes(key) for key in keys] == [key.encode() for key in keys]
        with pytest.raises(StorageError, match="shard a does not list in the order") as caught:
            [*storage.data.list_keys()]
        assert "explain stores" in caught.value.hint
