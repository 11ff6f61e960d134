"""A published snapshot of the catalogue stays where it is: no document of the target fits it."""

from __future__ import annotations

from pathlib import Path

from ingenious_ops.migrate.ends.base import PUBLISHED
from ingenious_ops.migrate.ends.container import ContainerEnd
from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings


def test_it_is_skipped_and_what_only_looks_like_it_is_not(tmp_path: Path) -> None:
    settings = StorageSettings(base_path=tmp_path, catalogue={"path": tmp_path / "index.db"})
    with Storage(Settings(storage=settings)) as storage:
        storage.memory.save_memory("c", 1)
        storage.data.save_text("catalogue/spring.txt", "of the application")
        published = storage.catalogue.publish().done["data"].key
        found = ContainerEnd(storage, "data").listing()
    keys = {item.key for item in found.items}
    assert keys == {"conversations/c/memory.json", "catalogue/spring.txt"}
    assert [(each.name, each.reason) for each in found.skipped] == [(published, PUBLISHED)]
    assert not any(each.is_fault for each in found.skipped)
