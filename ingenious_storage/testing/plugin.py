"""The pytest fixture `ingenious_storage`; pytest loads this where the distribution is installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ingenious_storage.storage import Storage


@pytest.fixture
def ingenious_storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    """A Storage on a temporary folder, which is the default storage during the test as well.

    So `MemoryManager()` and `get_file_storage()` in the code under test use it, whatever the
    configuration of the machine says.
    """
    # Imported when a test asks: every pytest run of an environment loads this file.
    from ingenious_storage import storage as top  # noqa: PLC0415
    from ingenious_storage import wiring  # noqa: PLC0415
    from ingenious_storage.config import Settings, StorageSettings  # noqa: PLC0415

    settings = Settings(storage=StorageSettings(base_path=tmp_path / "ingenious-storage"))
    with top.Storage(settings) as storage:
        monkeypatch.setattr(wiring, "_default", storage.containers)
        monkeypatch.setattr(top, "_default", storage)
        yield storage
