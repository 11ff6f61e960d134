"""The application below a prefix of somebody else's, and its probes."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter
from starlette.testclient import TestClient

from ingenious_ops.serving import create_app
from ingenious_storage import Storage
from ingenious_storage.config import ApiSettings, Settings, StorageSettings
from tests.support.polling import eventually

KEY = "isk_" + "A" * 43


@pytest.fixture
def storage() -> Iterator[Storage]:
    with Storage(Settings(storage=StorageSettings(type="inmemory"))) as storage:
        storage.memory.save_memory("a/b", {"messages": []})
        yield storage


@pytest.fixture
def client(storage: Storage) -> TestClient:
    host = FastAPI()
    host.mount("/tools/storage", create_app(storage))
    return TestClient(host, "http://127.0.0.1", raise_server_exceptions=False)


def test_the_api_is_below_the_prefix(client: TestClient) -> None:
    answer = client.get(f"/tools/storage/api/v1/memories/{quote('a/b', safe='')}")
    assert (answer.status_code, answer.json()) == (200, {"messages": []})
    assert answer.headers["etag"]
    assert client.get("/api/v1/memories").status_code == 404
    described = client.get("/tools/storage/openapi.json").json()
    assert described["servers"] == [{"url": "/tools/storage"}]


def test_methods_and_problems_are_below_the_prefix(client: TestClient) -> None:
    refused = client.delete("/tools/storage/api/v1/labels")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert client.head("/tools/storage/api/v1/labels").status_code == 200
    assert client.get("/tools/storage/nowhere").json()["code"] == "not_found"


def test_the_probes_check_without_a_lifespan(client: TestClient) -> None:
    """A host does not run the lifespan of what it mounts."""
    assert client.get("/tools/storage/livez").json() == {"status": "pass"}
    eventually(lambda: client.get("/tools/storage/readyz").status_code == 200)
    assert client.get("/tools/storage/health").headers["cache-control"] == "no-store"


def test_metrics_ask_who_asks() -> None:
    registry = CollectorRegistry()
    Counter("things", "Things.", registry=registry).inc()
    digest = {"sha256": "0" * 64, "role": "reader"}
    closed = Settings(
        storage=StorageSettings(type="inmemory"),
        api=ApiSettings.model_validate({"keys": {"robot": digest}}),
    )
    with Storage(closed) as storage:
        client = TestClient(create_app(storage, metrics=registry))
        assert client.get("/livez").status_code == 200
        assert client.get("/readyz").status_code in (200, 503)
        refused = client.get("/metrics", headers={"Authorization": f"Bearer {KEY}"})
        assert refused.status_code == 401
        assert "things" not in refused.text


def test_metrics_of_an_open_one(storage: Storage) -> None:
    registry = CollectorRegistry()
    Counter("things", "Things.", registry=registry).inc()
    client = TestClient(create_app(storage, metrics=registry), "http://localhost")
    assert "things_total 1.0" in client.get("/metrics").text
    without = TestClient(create_app(storage), "http://localhost").get("/metrics")
    assert without.status_code == 404
