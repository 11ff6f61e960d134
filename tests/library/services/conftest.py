from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.storage import Storage
from tests.support.stores import EVERY, running


@pytest.fixture(params=["local", *EVERY])
def storage(
    request: pytest.FixtureRequest, tmp_path: Path, container_name: str
) -> Iterator[Storage]:
    """The whole stack, as configured, on a folder and on servers."""
    if request.param == "local":
        settings = StorageSettings(base_path=tmp_path)
    else:
        settings = running(request.param, request).settings(
            container_data=f"{container_name[:50]}-data",
            container_revisions=f"{container_name[:50]}-revisions",
        )
    with Storage(Settings(storage=settings)) as storage:
        yield storage
