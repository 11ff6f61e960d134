"""A folder that is copied to a container, as a fixture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ops.migrate.harness import memory_storage
from tests.ops.migrate.setting import Setting
from tests.support.counting import CountingBackend
from tests.support.faults import FaultyBackend


@pytest.fixture
def setting(tmp_path: Path) -> Iterator[Setting]:
    made: list[FaultyBackend] = []

    def wrap(backend: Any) -> FaultyBackend:
        made.append(FaultyBackend(CountingBackend(backend)))
        return made[-1]

    with memory_storage(wrap) as storage:
        yield Setting(tmp_path, storage, made[0])
