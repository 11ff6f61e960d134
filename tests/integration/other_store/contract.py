"""The contract on a store of another distribution; test_other_store.py runs it where that lives."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ingenious_storage.backends.base import Backend
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.storage import Storage
from ingenious_storage.testing import BackendContract
from ingenious_storage.wiring import build_backend


class _Rows:
    """Looks at the table itself."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def _rows(self, query: str, *values: object) -> list[tuple[bytes]]:
        with closing(sqlite3.connect(self._path)) as db, db:
            return db.execute(query, values).fetchall()

    def read(self, key: str) -> bytes | None:
        found = self._rows("SELECT data FROM blobs WHERE container = 'c-1' AND key = ?", key)
        return found[0][0] if found else None

    def write(self, key: str, data: bytes) -> None:
        row = ("c-1", key, f"{id(data)}-{len(data)}", "2026-01-01T00:00:00+00:00", data)
        self._rows("INSERT OR REPLACE INTO blobs VALUES (?, ?, ?, ?, ?)", *row)

    def keys(self) -> set[str]:
        return {str(key) for (key,) in self._rows("SELECT key FROM blobs WHERE container = 'c-1'")}


class _Contract(BackendContract):
    keeps_content_type = False

    @pytest.fixture
    def settings(self, tmp_path: Path) -> StorageSettings:
        section = {"path": tmp_path / "blobs.db"}
        return StorageSettings(type="sqlite", sqlite=section, container_data="c-1")

    @pytest.fixture
    def oracle(self, settings: StorageSettings) -> _Rows:
        return _Rows(Path(settings.store.place()))


class TestTheStore(_Contract):
    @pytest.fixture
    def backend(self, settings: StorageSettings) -> Backend:
        backend = build_backend(settings, "c-1")
        backend.ensure_container()
        return backend

    @pytest.fixture
    def backend_without_container(self, settings: StorageSettings) -> Backend:
        return build_backend(settings, "c-2")


class TestAllLayers(_Contract):
    @pytest.fixture
    def backend(self, settings: StorageSettings) -> Backend:
        files = Storage(Settings(settings)).data
        files.ensure_container()
        return files.backend
