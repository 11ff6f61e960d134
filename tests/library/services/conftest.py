from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.storage import Storage
from tests.support.layering import new_key_file, sections
from tests.support.stores import EVERY, running, slow


@pytest.fixture(params=["plain", *slow("layered")])
def layers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Sections of the configuration: without layers that change data, and with all of them."""
    if request.param == "plain":
        return {}
    return sections(new_key_file(tmp_path_factory.mktemp("keys")))


@pytest.fixture(params=["local", *EVERY])
def storage(
    request: pytest.FixtureRequest, tmp_path: Path, container_name: str, layers: Any
) -> Iterator[Storage]:
    """The whole stack, as configured, on a folder and on servers."""
    if request.param == "local":
        settings = StorageSettings(base_path=tmp_path, **layers)
    else:
        settings = running(request.param, request).settings(
            container_data=f"{container_name[:50]}-data",
            container_revisions=f"{container_name[:50]}-revisions",
            **layers,
        )
    with Storage(Settings(storage=settings)) as storage:
        yield storage
