"""The two drivers of Azure Blob Storage, of which each test runs with both."""

from __future__ import annotations

import pytest

from tests.support.azure import DRIVERS, Driver


@pytest.fixture(params=DRIVERS)
def driver(request: pytest.FixtureRequest) -> Driver:
    return DRIVERS[request.param]
