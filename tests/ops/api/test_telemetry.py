"""Telemetry of requests, over a real server: metrics, spans, refused callers; no id anywhere."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any, Final

import httpx2
import pytest
from fastapi import FastAPI
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased
from opentelemetry.trace import SpanKind
from starlette.types import Message, Receive, Scope, Send

from ingenious_ops.api.asgi.telemetry import Telemetry
from ingenious_ops.api.identity.api_keys import digest_of, new_key
from ingenious_ops.api.telemetry import ACTIVE, DURATION
from ingenious_ops.serving import create_app
from ingenious_storage import Storage, telemetry
from ingenious_storage.config import ApiSettings, Settings, StorageSettings
from ingenious_storage.documents import DocumentStore
from tests.support.polling import eventually
from tests.support.telemetry import Watch, watching

READER: Final = new_key()
OLD: Final = new_key()
AUTHORIZED: Final = {"Authorization": f"Bearer {READER}"}
ROUTE: Final = "/api/v1/memories/{conversation_id}"
SECRET: Final = "secret-id"
TRACE: Final = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT: Final = "00f067aa0ba902b7"


@pytest.fixture
def watch() -> Iterator[Watch]:
    with watching(ParentBased(ALWAYS_ON)) as watch:
        yield watch


@pytest.fixture
def settings() -> Settings:
    past = datetime.now(UTC) - timedelta(days=1)
    keys: dict[str, dict[str, object]] = {
        "reader": {"sha256": digest_of(READER), "role": "reader"},
        "old": {"sha256": digest_of(OLD), "role": "reader", "expires": past},
    }
    return Settings(
        storage=StorageSettings(type="inmemory"), api=ApiSettings.model_validate({"keys": keys})
    )


@pytest.fixture
def asks(watch: Watch, served: str, storage: Storage) -> Iterator[httpx2.Client]:
    """A client that may read, of a server that is watched; nothing has been asked yet."""
    storage.memory.save_memory(SECRET, {"a": 1})
    eventually(lambda: storage.health.latest() is not None)  # the first check has spans of its own
    watch.clear()
    with httpx2.Client(base_url=served, headers=AUTHORIZED, timeout=100) as client:
        yield client


def durations(watch: Watch, count: int) -> dict[tuple[Any, ...], float]:
    """How many requests by method, route, status and error, once there are so many."""
    found: dict[tuple[Any, ...], float] = {}

    def there() -> bool:
        names = ("http.request.method", "http.route", "http.response.status_code", "error.type")
        metric = watch.metrics().get(DURATION)
        found.clear()
        for said, number in metric.points if metric else ():
            assert said.keys() <= {*names, "url.scheme"}
            found[tuple(said.get(name) for name in names)] = number
        return sum(found.values()) >= count

    eventually(there)  # an answer arrives before its request is over
    return found


def refusals(watch: Watch) -> dict[str, float]:
    return {said["reason"]: number for said, number in watch.points("api.refusals")}


def test_requests_are_counted_by_method_route_and_status(watch: Watch, asks: httpx2.Client) -> None:
    memory = f"/api/v1/memories/{SECRET}"
    for _ in range(3):
        assert asks.get(memory).status_code == 200
    assert asks.head(memory).status_code == 200
    assert asks.get("/api/v1/memories/other-secret-id?secret-id=1").status_code == 404
    assert asks.get("/secret-id").status_code == 404
    assert asks.request("PROPFIND", "/secret-id").status_code == 404
    assert durations(watch, 7) == {
        ("GET", ROUTE, 200, None): 3,
        ("HEAD", ROUTE, 200, None): 1,
        ("GET", ROUTE, 404, None): 1,
        ("GET", None, 404, None): 1,
        ("_OTHER", None, 404, None): 1,
    }
    assert "secret" not in str(watch.metrics())
    assert not [one for one in watch.span_list() if "secret" in str(one)]


def test_probes_are_left_out(watch: Watch, asks: httpx2.Client) -> None:
    for path in ("/livez", "/readyz", "/startupz", "/health", "/metrics"):
        asks.get(path)
    asks.get("/api/v1/memories/other")
    assert list(durations(watch, 1)) == [("GET", ROUTE, 404, None)]
    assert [span.name for span in watch.spans if span.kind is SpanKind.SERVER] == [f"GET {ROUTE}"]


def test_a_request_that_waits_is_active(watch: Watch) -> None:
    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        await receive()

    async def ask() -> list[dict[str, float]]:
        goes_on, seen = asyncio.Event(), []

        async def receive() -> Message:
            await goes_on.wait()
            return {"type": "http.disconnect"}

        running = asyncio.create_task(Telemetry(app)(_scope(), receive, _nowhere))
        await asyncio.sleep(0)
        seen.append(_active(watch))
        goes_on.set()
        await running
        return [*seen, _active(watch)]

    assert asyncio.run(ask()) == [{"GET http": 1}, {"GET http": 0}]


def test_what_goes_wrong_is_an_error_of_its_status(
    watch: Watch, asks: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(DocumentStore, "head", broken)
    assert asks.get(f"/api/v1/memories/{SECRET}").status_code == 500
    assert durations(watch, 1) == {("GET", ROUTE, 500, "500"): 1}
    (span,) = (span for span in watch.spans if span.kind is SpanKind.SERVER)
    assert span.status.status_code.name == "ERROR"
    assert not span.events
    assert SECRET not in span.to_json()


def test_what_the_library_does_is_in_the_span_of_its_request(
    watch: Watch, asks: httpx2.Client
) -> None:
    sent = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
    assert asks.get(f"/api/v1/memories/{SECRET}", headers=sent).status_code == 200
    eventually(lambda: any(span.kind is SpanKind.SERVER for span in watch.spans))
    *inner, request = watch.spans
    assert request.name == f"GET {ROUTE}"
    assert request.parent is not None
    assert (request.parent.span_id, request.parent.is_remote) == (int(PARENT, 16), True)
    assert dict(request.attributes or {}) == {
        "http.request.method": "GET",
        "http.route": ROUTE,
        "http.response.status_code": 200,
        "url.scheme": "http",
    }
    assert inner
    ours = {span.context.span_id for span in watch.spans if span.context}
    assert {span.context.trace_id for span in watch.spans if span.context} == {int(TRACE, 16)}
    assert all(span.parent and span.parent.span_id in ours for span in inner)


@pytest.mark.parametrize(
    "sent",
    ["", "00-0-0-01", "\u00ff", f"00-{TRACE}-{PARENT}"],
    ids=["empty", "short", "no-text", "cut"],
)
def test_a_parent_that_is_none_begins_a_trace(watch: Watch, asks: httpx2.Client, sent: str) -> None:
    headers = {b"traceparent": sent.encode("latin-1")}
    assert asks.get("/openapi.json", headers=headers).status_code == 200
    eventually(lambda: bool(watch.spans))
    assert watch.spans[-1].parent is None


def test_a_trace_that_its_caller_does_not_keep_is_not_kept(
    watch: Watch, asks: httpx2.Client
) -> None:
    headers = {"traceparent": f"00-{TRACE}-{PARENT}-00"}
    assert asks.get(f"/api/v1/memories/{SECRET}", headers=headers).status_code == 200
    durations(watch, 1)
    assert watch.spans == []


def test_the_share_of_traces_is_that_of_the_library(watch: Watch, asks: httpx2.Client) -> None:
    telemetry.sampling.share = 0.0
    try:
        assert asks.get(f"/api/v1/memories/{SECRET}").status_code == 200
        durations(watch, 1)
        assert watch.spans == []
    finally:
        telemetry.sampling.share = 1.0


def test_refused_callers_are_counted_by_why(watch: Watch, asks: httpx2.Client) -> None:
    assert set(refusals(watch).values()) == {0}  # before the first: a rise can be seen
    memory = f"/api/v1/memories/{SECRET}"
    del asks.headers["Authorization"]
    for headers, status in (
        ({}, 401),
        ({"Authorization": "Bearer isk_nobody"}, 401),
        ({"Authorization": "Digest x"}, 401),
        ({"X-API-Key": READER, **AUTHORIZED}, 401),
        ({"Authorization": f"Bearer {OLD}"}, 401),
    ):
        assert asks.get(memory, headers=headers).status_code == status
    assert asks.delete(memory, headers=AUTHORIZED).status_code == 403
    assert asks.get("/metrics").status_code == 401
    assert refusals(watch) == {
        "no_credential": 2,
        "bad_credential": 3,
        "expired": 1,
        "role_too_low": 1,
        "elsewhere": 0,
    }


def test_a_sign_in_that_fails_is_a_refusal(watch: Watch, asks: httpx2.Client) -> None:
    page = asks.get("/console/login").text
    token = page.partition('name="csrf" value="')[2].partition('"')[0]
    headers = {"Origin": str(asks.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    for field, status in (({"csrf": token}, 401), ({}, 403)):
        form = {"credential": "isk_nobody", "next": "", **field}
        assert asks.post("/console/login", data=form, headers=headers).status_code == status
    found = refusals(watch)
    assert (found["bad_credential"], found["expired"]) == (1, 1)


def test_another_host_is_a_refusal(watch: Watch) -> None:
    with Storage(Settings(storage=StorageSettings(type="inmemory"))) as storage:
        _ask(create_app(storage), {"host": "evil.example"})
    assert refusals(watch)["elsewhere"] == 1


def test_metrics_shows_them(watch: Watch, storage: Storage) -> None:
    app = create_app(storage, metrics=watch.registry)
    sent = {"host": "localhost", **AUTHORIZED}
    assert _ask(app, sent, "/api/v1/memories/other")[0] == 404
    status, page = _ask(app, sent, "/metrics")
    assert status == 200
    said = f'http_request_method="GET",http_response_status_code="404",http_route="{ROUTE}"'
    assert f"http_server_request_duration_seconds_count{{{said}" in page
    assert 'http_server_active_requests{http_request_method="GET",url_scheme="http"} 0.0' in page
    assert 'ingenious_storage_api_refusals_total{ingenious_storage_reason="expired"} 0.0' in page


def test_without_an_sdk_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the calls of a request through the layer: one question, and the application."""
    monkeypatch.setattr(telemetry, "is_enabled", lambda: False)
    calls: Counter[str] = Counter()

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        pass

    def count(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            calls[frame.f_code.co_name] += 1

    async def ask() -> None:
        layer, scope = Telemetry(app), _scope()
        sys.setprofile(count)
        await layer(scope, _silence, _nowhere)
        sys.setprofile(None)

    gc.disable()  # its callbacks would be counted
    try:
        asyncio.run(ask())
    finally:
        gc.enable()
    assert calls == {"__call__": 1, "<lambda>": 1, "app": 1}


def _scope(path: str = "/", headers: dict[str, str] | None = None) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.lower().encode(), v.encode()) for name, v in (headers or {}).items()],
    }


def _ask(app: FastAPI, headers: dict[str, str], path: str = "/") -> tuple[int, str]:
    """Status and body, without a server's own checks of a request."""
    told: list[Message] = []

    async def send(message: Message) -> None:
        told.append(message)

    asyncio.run(app(_scope(path, headers), _silence, send))
    return told[0]["status"], b"".join(one.get("body", b"") for one in told).decode()


async def _silence() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _nowhere(_message: Message) -> None:
    pass


def _active(watch: Watch) -> dict[str, float]:
    points = watch.metrics()[ACTIVE].points
    return {f"{said['http.request.method']} {said['url.scheme']}": now for said, now in points}
