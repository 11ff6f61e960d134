"""A storage in memory, its API in this process, and the same behind a real server."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from ingenious_ops.listening import server
from ingenious_ops.listening.addresses import listen, url_of
from ingenious_ops.serving import create_app
from ingenious_ops.serving.exposure import limits_of
from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from tests.support.polling import eventually


@pytest.fixture
def settings() -> Settings:
    """Give another one in a module or by a mark of its own to serve something else."""
    return Settings(storage=StorageSettings(type="inmemory"))


@pytest.fixture
def storage(settings: Settings) -> Iterator[Storage]:
    with Storage(settings) as storage:
        yield storage


@pytest.fixture
def app(storage: Storage) -> FastAPI:
    return create_app(storage)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """In this process; faults are answers. The host is loopback, as an open server demands."""
    with TestClient(
        app, "http://127.0.0.1", raise_server_exceptions=False, follow_redirects=False
    ) as client:
        yield client


@pytest.fixture
def served(app: FastAPI, settings: Settings) -> Iterator[str]:
    """The URL of a real server on loopback, in a thread."""
    with listen("127.0.0.1", 0) as listener:
        running = server.make_server(app, limits_of(settings.api))
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        eventually(lambda: running.started)
        yield url_of(listener)
        running.should_exit = True
        thread.join(20)
        assert not thread.is_alive()
