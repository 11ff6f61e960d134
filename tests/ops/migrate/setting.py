"""A migration whose requests are counted, and may fail."""

from __future__ import annotations

from pathlib import Path

from ingenious_ops.migrate.ends.container import ContainerEnd
from ingenious_ops.migrate.ends.folder import FolderEnd
from ingenious_ops.migrate.ends.hashing import SMALL
from ingenious_storage import Storage
from tests.ops.migrate.harness import Migration, write_tree
from tests.support.counting import CountingBackend
from tests.support.faults import FaultyBackend

SIZES = {"small": 30, "large": SMALL + 7}


class Setting:
    """A folder that is copied to a container whose requests are counted, and may fail."""

    def __init__(self, tmp_path: Path, storage: Storage, faults: FaultyBackend) -> None:
        self.root = tmp_path / "source"
        self.root.mkdir()
        self.storage, self.faults = storage, faults
        counting = faults.inner
        assert isinstance(counting, CountingBackend)
        self.counting = counting
        self.target = ContainerEnd(storage, "data")
        self.run = Migration(FolderEnd(self.root), self.target, tmp_path / "journal")

    def write(self, data: bytes, key: str = "k") -> None:
        write_tree(self.root, {key: data})

    def stored(self, key: str = "k") -> bytes:
        return self.storage.data.load_bytes(key)

    def requests(self, operation: str) -> int:
        return self.counting.operations[operation]
