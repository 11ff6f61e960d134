from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.telemetry import Watch, watching


@pytest.fixture
def watch() -> Iterator[Watch]:
    with watching() as watch:
        yield watch
