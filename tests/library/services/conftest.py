from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.storage import Storage
from tests.support.servers.azurite import Azurite


@pytest.fixture(params=["local", "azure_blob"])
def storage(
    request: pytest.FixtureRequest, tmp_path: Path, container_name: str
) -> Iterator[Storage]:
    """The whole stack, as configured, on a folder and on Azurite."""
    if request.param == "local":
        settings = StorageSettings(base_path=tmp_path)
    else:
        azurite: Azurite = request.getfixturevalue("azurite")
        settings = StorageSettings(
            type="azure_blob",
            connection_string=azurite.connection_string,
            container_data=f"{container_name[:50]}-data",
            container_revisions=f"{container_name[:50]}-revisions",
        )
    with Storage(Settings(storage=settings)) as storage:
        yield storage
