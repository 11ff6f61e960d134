"""Fixtures that every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.support.azurite import Azurite, run_azurite


def pytest_configure() -> None:
    """Forget this machine's accounts and profiles: no test may reach or depend on them."""
    for name in list(os.environ):
        if name.startswith(("AZURE_", "AZURITE_", "INGENIOUS_")):
            del os.environ[name]


# A server starts in less than a second, so each pytest-xdist worker has its own when it needs one.
@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """Azurite over HTTP, with the shared key."""
    with run_azurite(tmp_path_factory.mktemp("azurite")) as server:
        yield server


@pytest.fixture(scope="session")
def azurite_oauth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """Azurite over HTTPS, with bearer tokens; see `tests.support.credentials.FakeCredential`."""
    with run_azurite(tmp_path_factory.mktemp("azurite-oauth"), oauth=True) as server:
        yield server


@pytest.fixture
def container_name() -> str:
    """A container of this test's own; nothing has created it yet."""
    return f"test-{uuid4().hex}"
