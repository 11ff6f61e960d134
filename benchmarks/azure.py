"""Ours and the bare SDK on one Azurite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from azure.storage.blob import ContainerClient

from benchmarks.canned import canned
from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from tests.support.servers.azurite import Azurite, run_azurite

CONTAINER: Final = StorageSettings().container_data


@contextmanager
def fresh_azurite() -> Iterator[Azurite]:
    """A server of its own: one that holds many blobs is slower."""
    with TemporaryDirectory() as directory, run_azurite(Path(directory)) as server:
        yield server


@contextmanager
def canned_azure() -> Iterator[Azurite]:
    """A fresh server of canned answers, reached as Azurite is."""
    with canned("azure") as (url, pid):
        yield Azurite(url, pid=pid)


@contextmanager
def ours(server: Azurite) -> Iterator[Storage]:
    """All layers, as a configuration wires them; the container is there."""
    settings = StorageSettings(type="azure_blob", connection_string=server.connection_string)
    with Storage(Settings(storage=settings)) as storage:
        storage.data.ensure_container()
        yield storage


@contextmanager
def bare(server: Azurite, **options: Any) -> Iterator[ContainerClient]:
    """One shared client of the SDK, with its own defaults but for `options`."""
    with ContainerClient.from_connection_string(
        server.connection_string, CONTAINER, **options
    ) as client:
        yield client
