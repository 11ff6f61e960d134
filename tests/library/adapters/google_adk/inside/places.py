"""Fixtures of the tests that run in the framework's environment: storages, counted and not."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings

AZURITE = "ADK_TESTS_AZURITE"
"""The variable with the connection string of a running one."""


@pytest.fixture(params=["local", "azurite"])
def somewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Storage]:
    """Opens storages on the same containers: a folder, or Azurite's."""
    if request.param == "local":
        settings = StorageSettings(base_path=tmp_path / "containers")
    else:
        name = uuid4().hex
        settings = StorageSettings(
            type="azure_blob",
            connection_string=os.environ[AZURITE],
            container_data=f"adk-{name}",
            container_revisions=f"adk-{name}-r",
        )
    return lambda: Storage(Settings(settings))
