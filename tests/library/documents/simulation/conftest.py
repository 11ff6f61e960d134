from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingenious_storage.key_providers.base import KeyProvider
from ingenious_storage.key_providers.key_file import KeyFile
from tests.library.documents.simulation.cases import simulated


@pytest.fixture(autouse=True)
def _simulated() -> Iterator[None]:
    with simulated():
        yield


@pytest.fixture
def provider(tmp_path: Path) -> KeyProvider:
    return KeyFile.create(tmp_path / "key.json")
