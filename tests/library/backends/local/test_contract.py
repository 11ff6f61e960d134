from __future__ import annotations

from pathlib import Path

import pytest

from ingenious_storage.backends.local import folder as local_folder
from ingenious_storage.backends.local import temporary_file as local_temporary
from ingenious_storage.backends.local.backend import LocalBackend
from ingenious_storage.errors import InvalidKeyError
from ingenious_storage.testing import BackendContract
from ingenious_storage.testing.contract.keys import ODD_KEYS
from tests.library.backends.local.oracle import FolderOracle


class TestLocal(BackendContract):
    key_may_be_folder = False
    keeps_content_type = False

    @pytest.fixture
    def backend(self, tmp_path: Path) -> LocalBackend:
        return LocalBackend(tmp_path)

    @pytest.fixture
    def oracle(self, tmp_path: Path) -> FolderOracle:
        return FolderOracle(tmp_path)

    @pytest.fixture
    def backend_without_container(self, tmp_path: Path) -> LocalBackend:
        return LocalBackend(tmp_path / "not" / "yet")


class TestLocalByPath(TestLocal):
    """As on Windows: folders are paths, and a file's time is set after it is closed.

    But Windows holds paths of 32,767 characters, and others hold 4,096 bytes.
    """

    odd_keys = tuple(key for key in ODD_KEYS if len(key.encode()) < 2000)

    @pytest.fixture(autouse=True)
    def _no_descriptors(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(local_folder, "HAS_DIR_FD", False)
        monkeypatch.setattr(local_temporary, "TIMES_BY_DESCRIPTOR", False)

    def test_path_that_is_too_long(self, backend: LocalBackend) -> None:
        with pytest.raises(InvalidKeyError, match="too long"):
            backend.put("長" * 1024, b"")
