from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.stores import EVERY, running
from tests.support.writers import Place


@pytest.fixture(params=["local", *EVERY])
def place(request: pytest.FixtureRequest, tmp_path: Path, container_name: str) -> Place:
    """A container that does not exist yet."""
    if request.param == "local":
        return Place(container_name, folder=tmp_path)
    return Place(container_name, store=running(request.param, request))
