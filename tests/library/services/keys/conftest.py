"""An encrypted storage in memory, as a fixture."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.library.services.keys.setting import Setting


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    return Setting(tmp_path)
