"""A storage in memory, with its console in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ingenious_ops.serving import create_app
from ingenious_storage import Storage
from tests.ops.console.browser.harness import Clock, new_storage


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def storage(clock: Clock, tmp_path: Path) -> Iterator[Storage]:
    """In memory, and empty; commits have the times of `clock`."""
    with new_storage(clock, tmp_path) as storage:
        yield storage


@pytest.fixture
def client(storage: Storage) -> Iterator[TestClient]:
    """In this process, on loopback; redirects are answers."""
    with TestClient(
        create_app(storage),
        "http://127.0.0.1",
        raise_server_exceptions=True,
        follow_redirects=False,
    ) as client:
        yield client
