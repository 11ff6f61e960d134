"""The endpoints, served alone and mounted in the application of somebody else."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any

import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter
from starlette.testclient import TestClient

from ingenious_ops.health import asgi_app
from ingenious_storage import Health, Storage
from ingenious_storage.errors import UnavailableError
from tests.ops.health.conftest import Clock, Store
from tests.ops.health.faults import Gate, raising
from tests.support.polling import eventually

ENDPOINTS = ["/livez", "/readyz", "/startupz", "/health", "/metrics"]
JSON = "application/health+json"


@pytest.fixture
def registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    Counter("things", "Things that were counted.", registry=registry).inc(3)
    return registry


@pytest.fixture
def client(storage: Storage, registry: CollectorRegistry) -> Iterator[TestClient]:
    """Served alone: its own lifespan runs."""
    with TestClient(asgi_app(storage, metrics=registry, service_id="agents")) as client:
        yield client


def get(client: TestClient, path: str, code: int) -> dict[str, Any]:
    answer = client.get(path)
    assert answer.status_code == code, answer.text
    assert answer.headers["content-type"] == JSON
    found: dict[str, Any] = answer.json()
    return found


def is_code(client: TestClient, path: str, code: int) -> bool:
    return bool(client.get(path).status_code == code)


def test_a_storage_that_answers(client: TestClient) -> None:
    eventually(lambda: is_code(client, "/readyz", 200))
    assert get(client, "/livez", 200) == {"status": "pass"}
    assert get(client, "/startupz", 200) == {"status": "pass"}
    ready = get(client, "/readyz", 200)
    assert set(ready) == {"status", "checks"}
    assert ready["status"] == "pass"


def test_the_shape_of_health(client: TestClient) -> None:
    eventually(lambda: is_code(client, "/health", 200))
    found = get(client, "/health", 200)
    release = version("ingenious-storage")
    assert set(found) == {"status", "version", "releaseId", "serviceId", "notes", "checks"}
    assert (found["status"], found["serviceId"]) == ("pass", "agents")
    assert found["releaseId"] == release
    assert release.startswith(f"{found['version']}.")
    assert all(isinstance(note, str) for note in found["notes"])
    assert set(found["checks"]) == {"ingenious-storage:data", "ingenious-storage:revisions"}
    for [check] in found["checks"].values():
        assert set(check) == {"componentType", "observedValue", "observedUnit", "status", "time"}
        assert (check["componentType"], check["observedUnit"]) == ("datastore", "ms")
        assert 0 <= check["observedValue"] < 60_000
        assert datetime.now(UTC) - datetime.fromisoformat(check["time"]) < timedelta(minutes=1)


def test_before_the_first_check_it_is_not_ready(storage: Storage, store: Store) -> None:
    gate = Gate()
    store.meet(gate)
    with TestClient(asgi_app(storage)) as client:
        output = "no check has ended yet"
        assert get(client, "/readyz", 503) == {"status": "fail", "output": output}
        assert get(client, "/health", 503)["output"] == output
        assert get(client, "/startupz", 503)["status"] == "fail"
        assert get(client, "/livez", 200) == {"status": "pass"}
        gate.opened.set()
        eventually(lambda: is_code(client, "/startupz", 200))


def test_a_storage_that_fails_and_recovers(store: Store) -> None:
    storage = store.storage(container_data="kept-secret")
    app = asgi_app(Health(storage, interval=0.05, timeout=30))
    with storage, TestClient(app) as client:
        eventually(lambda: is_code(client, "/readyz", 200))
        leak = UnavailableError("at host.example.org", hint="Is host.example.org right?")
        store.backends["kept-secret"].rule = lambda _: raising(leak)
        eventually(lambda: is_code(client, "/readyz", 503))
        found = get(client, "/health", 503)
        assert (found["status"], found["output"]) == ("fail", "data: unavailable")
        [check] = found["checks"]["ingenious-storage:data"]
        assert (check["status"], check["output"]) == ("fail", "unavailable")
        assert found["checks"]["ingenious-storage:revisions"][0]["status"] == "pass"
        assert get(client, "/startupz", 200) == {"status": "pass"}  # it has started once
        assert get(client, "/livez", 200) == {"status": "pass"}
        for path in ENDPOINTS:  # anybody may be able to read them
            assert "host.example.org" not in client.get(path).text
            assert "kept-secret" not in client.get(path).text
        store.meet(None)
        eventually(lambda: is_code(client, "/readyz", 200))


def test_a_warning_is_ready(store: Store) -> None:
    store.create = False
    with store.storage() as storage, TestClient(asgi_app(storage)) as client:
        eventually(lambda: is_code(client, "/readyz", 200))
        assert get(client, "/health", 200)["status"] == "warn"
        assert get(client, "/readyz", 200)["output"] == (
            "data: container_not_found, revisions: container_not_found"
        )


def test_no_answer_waits_for_a_store_that_hangs(storage: Storage, store: Store) -> None:
    gate = Gate()
    store.meet(gate)
    with TestClient(asgi_app(Health(storage, interval=0.1, timeout=60))) as client:
        eventually(lambda: store.requests)
        began = time.monotonic()
        for path in ENDPOINTS * 4:
            client.get(path)
        assert time.monotonic() - began < 40  # one check takes 60 s
        gate.opened.set()


def test_an_old_report_is_not_trusted(storage: Storage, clock: Clock) -> None:
    health = Health(storage, interval=60, timeout=5, clock=clock)
    with TestClient(asgi_app(health)) as client:
        eventually(lambda: is_code(client, "/readyz", 200))
        clock.now += 125
        assert get(client, "/readyz", 200)["status"] == "pass"
        clock.now += 1
        told = {"status": "fail", "output": "the last check ended 126 s ago"}
        assert get(client, "/readyz", 503) == told


@pytest.mark.parametrize("path", ENDPOINTS)
def test_get_and_head_only_and_nothing_is_kept(client: TestClient, path: str) -> None:
    eventually(lambda: is_code(client, "/readyz", 200))
    got, head = client.get(path), client.head(path)
    assert (head.status_code, head.headers["content-type"]) == (200, got.headers["content-type"])
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        refused = client.request(method, path)
        assert refused.status_code == 405
        assert refused.headers["cache-control"] == "no-store"
    assert got.headers["cache-control"] == head.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_slash_behind_a_path_changes_nothing(storage: Storage, store: Store, path: str) -> None:
    """A redirect would pass for healthy."""
    host = FastAPI()
    host.mount("/storage", asgi_app(storage))
    store.meet(raising(UnavailableError("gone")))
    for app, prefix in ((asgi_app(storage), ""), (host, "/storage")):
        client = TestClient(app, follow_redirects=False)
        client.get(f"{prefix}/readyz")
        eventually(storage.health.latest)
        plain, slashed = (client.get(f"{prefix}{path}{end}") for end in ("", "/"))
        assert slashed.status_code == plain.status_code
        assert slashed.status_code == {"/livez": 200, "/metrics": 404}.get(path, 503)
        for other in (f"{path}//", path.upper(), f"{path}/x", path[:-1]):
            assert client.get(f"{prefix}{other}").status_code == 404


def test_the_index_leads_to_every_endpoint(client: TestClient, store: Store) -> None:
    eventually(lambda: is_code(client, "/", 200))
    answer = client.get("/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>agents: pass</h1>" in answer.text
    links = re.findall(r'<a href="(\w+)">', answer.text)
    assert [f"/{link}" for link in links] == ENDPOINTS
    assert [client.get(str(answer.url.join(link))).status_code for link in links] == [200] * 5
    assert client.head("/").status_code == 200


def test_the_index_is_as_ready_as_the_storage(storage: Storage, store: Store) -> None:
    """`/` is what balancers probe when nobody has told them another path."""
    store.meet(raising(UnavailableError("at host.example.org")))
    with TestClient(asgi_app(storage, service_id="<b>")) as client:
        assert client.get("/").status_code == 503
        eventually(storage.health.latest)
        answer = client.get("/")
        assert (answer.status_code, answer.headers["cache-control"]) == (503, "no-store")
        assert "<h1>&lt;b&gt;: fail</h1>" in answer.text
        assert "data: unavailable" in answer.text
        assert "host.example.org" not in answer.text


def test_another_path_is_not_there(client: TestClient) -> None:
    answer = client.get("/nope")
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")


@pytest.mark.parametrize(
    ("accept", "kind", "line"),
    [
        ("*/*", "text/plain; version=", "things_total 3.0"),
        ("text/plain;version=0.0.4", "text/plain; version=", "things_total 3.0"),
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text", "# EOF"),
    ],
)
def test_metrics(client: TestClient, accept: str, kind: str, line: str) -> None:
    answer = client.get("/metrics", headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    assert line in answer.text.splitlines()


def test_metrics_that_are_off_say_how_to_turn_them_on(storage: Storage) -> None:
    with TestClient(asgi_app(storage)) as client:
        answer = client.get("/metrics")
        assert answer.status_code == 404
        assert "asgi_app(..., metrics=)" in answer.text


def test_the_lifespan_ends_the_thread(storage: Storage) -> None:
    with TestClient(asgi_app(storage)):
        eventually(storage.health.latest)
    assert "ingenious-storage-health" not in [one.name for one in threading.enumerate()]


def test_mounted_in_fastapi_without_its_own_lifespan(storage: Storage, store: Store) -> None:
    seen: list[str] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        seen.append("up")
        yield
        seen.append("down")

    host = FastAPI(lifespan=lifespan)
    health = Health(storage, interval=0.05, timeout=30)
    host.mount("/storage", asgi_app(health))

    @host.get("/")
    async def index() -> dict[str, bool]:
        return {"host": True}

    with TestClient(host) as client:
        assert client.get("/").json() == {"host": True}
        assert store.requests == []  # nobody has asked yet
        eventually(lambda: is_code(client, "/storage/readyz", 200))
        store.meet(raising(UnavailableError("gone")))
        eventually(lambda: is_code(client, "/storage/readyz", 503))
        assert get(client, "/storage/livez", 200) == {"status": "pass"}
        assert get(client, "/storage/health", 503)["output"] == (
            "data: unavailable, revisions: unavailable"
        )
        asked = len(store.requests)
        eventually(lambda: len(store.requests) > asked)  # between two probes too
        store.meet(None)
        eventually(lambda: is_code(client, "/storage/readyz", 200))
        assert client.head("/storage/livez").status_code == 200
        assert client.get("/readyz").status_code == 404
    assert seen == ["up", "down"]
    health.stop()


def test_mounted_it_may_be_started_by_the_host(storage: Storage, store: Store) -> None:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with storage.health:
            yield

    host = FastAPI(lifespan=lifespan)
    host.mount("/storage", asgi_app(storage))
    with TestClient(host) as client:
        eventually(storage.health.latest)  # before any probe
        assert get(client, "/storage/readyz", 200)["status"] == "pass"
        threads = [t for t in threading.enumerate() if t.name == "ingenious-storage-health"]
        assert len(threads) == 1
    assert not threads[0].is_alive()
