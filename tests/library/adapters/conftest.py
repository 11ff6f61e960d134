"""A storage in memory that counts, for adapters; they run on asyncio."""

from __future__ import annotations

import pytest

from tests.support.counted import counted, storage

__all__ = ["counted", "storage"]


@pytest.fixture
def anyio_backend() -> str:
    """Their frameworks do, some of them alone."""
    return "asyncio"
