from __future__ import annotations

from pathlib import Path

import pytest

from tests.library.catalogue.machines import Machines
from tests.support.layering import new_key_file


@pytest.fixture
def machines(tmp_path: Path) -> Machines:
    return Machines(tmp_path)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return new_key_file(tmp_path)
