"""Two ends of a migration, and eyes of their own for what is really there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.storage.blob import ContainerClient

from ingenious_ops.migrate.ends.base import End, Ends, Source, Target
from ingenious_ops.migrate.ends.container import ContainerEnd
from ingenious_ops.migrate.runner import Options, Report, run
from ingenious_storage import Storage
from ingenious_storage.backends.base import Backend
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.wiring import build_backend
from tests.support.servers.azurite import Azurite

Wrap = Callable[[Backend], Backend]


def write_tree(root: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def read_tree(root: Path) -> dict[str, bytes]:
    """Every file of a folder, also one that a walk should have left out."""
    found = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


def many(count: int, size: int = 300) -> dict[str, bytes]:
    """Files that all differ."""
    return {
        f"{number % 7}/file {number:04d}.txt": (b"%06d" % number) * (size // 6)
        for number in range(count)
    }


def no_wrap(backend: Backend) -> Backend:
    return backend


@contextmanager
def memory_storage(wrap: Wrap = no_wrap, **settings: Any) -> Iterator[Storage]:
    """A storage in this process, with `wrap` around the store, below the retries."""
    settings = {"type": "inmemory", "retry": {"base": 0.001, "cap": 0.001}, **settings}
    with Storage(
        Settings(storage=StorageSettings(**settings)),
        backend=lambda storage, name: wrap(build_backend(storage, name)),
    ) as storage:
        yield storage


def azure_settings(server: Azurite, name: str) -> dict[str, Any]:
    return {
        "type": "azure_blob",
        "connection_string": server.connection_string,
        "container_data": name,
        "container_revisions": f"{name[:50]}-other",
    }


def environment(server: Azurite, name: str) -> dict[str, str]:
    """The same for a process of its own."""
    return {
        "INGENIOUS_STORAGE__TYPE": "azure_blob",
        "INGENIOUS_STORAGE__CONTAINER_DATA": name,
        "AZURE_STORAGE_CONNECTION_STRING": server.connection_string,
    }


@contextmanager
def bare(server: Azurite, name: str) -> Iterator[ContainerClient]:
    """The container without our code."""
    options: Any = server.client_options
    with ContainerClient.from_connection_string(
        server.connection_string, name, **options
    ) as client:
        yield client


def read_blobs(server: Azurite, name: str) -> dict[str, bytes]:
    with bare(server, name) as client:
        return {key: client.download_blob(key).readall() for key in client.list_blob_names()}


def contents(end: End) -> dict[str, bytes]:
    return {item.key: end.read(item) for item in end.listing().items}


@dataclass
class Migration:
    """Runs of one migration, with one journal."""

    source: Source
    target: Target
    journal: Path
    workers: int = 4

    def __call__(self, **options: Any) -> Report:
        return run(self.ends, Options(self.journal, workers=self.workers, **options))

    @property
    def ends(self) -> Ends:
        return Ends(self.source, self.target)

    def lines(self) -> list[dict[str, Any]]:
        """The journal behind its header."""
        return [json.loads(line) for line in self.journal.read_text().splitlines()[1:]]


def counts(report: Report) -> dict[str, int]:
    return {status.value: number for status, number in report.counts.items() if number}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def data_of(storage: Storage) -> ContainerEnd:
    return ContainerEnd(storage, "data")
