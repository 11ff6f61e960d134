"""Limits of size and time, of the application itself and behind the real server."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI, Request
from starlette.responses import StreamingResponse
from starlette.testclient import TestClient

from ingenious_ops.serving import create_app
from ingenious_storage import Storage
from ingenious_storage.config import ApiSettings, Settings, StorageSettings
from ingenious_storage.runtime import deadlines

PROBLEM = "application/problem+json"


@pytest.fixture
def times(request: pytest.FixtureRequest) -> dict[str, float]:
    """What is short, in the tests that wait for its end: another may be slow without any fault."""
    return getattr(request, "param", {})


@pytest.fixture
def settings(times: dict[str, float]) -> Settings:
    return Settings(
        storage=StorageSettings(type="inmemory"),
        api=ApiSettings.model_validate({"max_body_bytes": 1000, **times}),
    )


class Seen:
    """What the routes below had to do with."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.ended = threading.Event()


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def app(storage: Storage, seen: Seen) -> FastAPI:
    app = create_app(storage)

    @app.post("/size")
    async def size(request: Request) -> int:
        seen.sizes.append(len(await request.body()))
        return seen.sizes[-1]

    @app.post("/swallows")
    async def swallows(request: Request) -> str:
        try:
            await request.body()
        except Exception:  # noqa: BLE001  # as parsers of forms do
            return "fine"
        return "whole"

    @app.post("/waits")
    def waits() -> None:
        """As a call of the library does, in a thread."""
        scope = deadlines.current()
        assert scope
        scope.wait(30)
        seen.ended.set()

    @app.get("/streams")
    async def streams() -> StreamingResponse:
        def pieces() -> Iterator[bytes]:
            for _ in range(12):
                time.sleep(0.1)
                yield b"x"

        return StreamingResponse(pieces())

    return app


def chunks(*sizes: int) -> Iterator[bytes]:
    for size in sizes:
        yield b"x" * size


@pytest.mark.parametrize("path", ["/size", "/swallows"])
def test_a_body_may_be_as_large_as_the_limit(client: TestClient, path: str) -> None:
    assert client.post(path, content=b"x" * 1000).status_code == 200
    assert client.post(path, content=chunks(500, 500)).status_code == 200


@pytest.mark.parametrize("path", ["/size", "/swallows"])
@pytest.mark.parametrize("told", [True, False], ids=["length", "chunks"])
def test_a_larger_one_is_refused(client: TestClient, path: str, told: bool, seen: Seen) -> None:
    content = b"x" * 1001 if told else chunks(500, 501)
    refused = client.post(path, content=content)
    assert (refused.status_code, refused.headers["content-type"]) == (413, PROBLEM)
    assert refused.json()["code"] == "body_too_large"
    assert seen.sizes == []


def test_a_length_that_lies_is_counted_all_the_same(served: str) -> None:
    """The server itself cuts a body off at its Content-Length; a chunked one has none."""
    parts = urlsplit(served)
    one = HTTPConnection(parts.hostname or "", parts.port, timeout=100)
    one.request("POST", "/size", chunks(*[400] * 5), encode_chunked=True)
    answer = one.getresponse()
    assert (answer.status, json.loads(answer.read())["code"]) == (413, "body_too_large")
    one.close()


def open_to(served: str) -> socket.socket:
    parts = urlsplit(served)
    return socket.create_connection((parts.hostname, parts.port or 80), timeout=100)


@pytest.mark.parametrize("times", [{"body_timeout": 1.0}], indirect=True)
def test_a_body_that_trickles(served: str, seen: Seen) -> None:
    began = time.monotonic()
    with open_to(served) as one:
        one.sendall(b"POST /size HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nx")
        time.sleep(0.1)
        with suppress(ConnectionError):  # this machine took as long by itself
            one.sendall(b"x")
        head, _, body = one.makefile("rb").read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert json.loads(body)["code"] == "request_too_slow"
    assert time.monotonic() - began < 20
    assert seen.sizes == []


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/livez?q=" + "x" * 17_000, {}, 414),
        ("/" + "x" * 17_000, {}, 414),
        ("/livez", {"X-A": "x" * 66_000}, 431),
        ("/livez", {f"X-{n}": "x" * 100 for n in range(700)}, 431),
        ("/livez", {"X-A": "x" * 8_000}, 200),
    ],
    ids=["query", "path", "one line", "many lines", "allowed"],
)
def test_urls_and_headers(
    client: TestClient, served: str, path: str, headers: dict[str, str], status: int
) -> None:
    assert client.get(path, headers=headers).status_code == status
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with open_to(served) as one:
        try:
            one.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n".encode())
            first = one.makefile("rb").readline()
        except ConnectionError:  # refused before all of it was sent
            assert status == 431
        else:
            assert first.split()[1] == str(status).encode()


@pytest.mark.parametrize("times", [{"request_timeout": 1.0}], indirect=True)
def test_an_answer_that_does_not_begin(client: TestClient, seen: Seen) -> None:
    began = time.monotonic()
    late = client.post("/waits")
    assert time.monotonic() - began < 20
    assert (late.status_code, late.json()["code"]) == (504, "timeout")
    assert late.json()["outcome_unknown"] is True
    assert seen.ended.wait(20), "its thread is not left waiting"


@pytest.mark.parametrize("times", [{"request_timeout": 1.0}], indirect=True)
def test_an_answer_that_has_begun_may_take_longer(served: str) -> None:
    parts = urlsplit(served)
    one = HTTPConnection(parts.hostname or "", parts.port, timeout=100)
    one.request("GET", "/streams")
    assert one.getresponse().read() == b"x" * 12
    one.close()


def test_a_fault_in_what_has_begun_ends_the_connection(
    app: FastAPI, served: str, caplog: pytest.LogCaptureFixture
) -> None:
    @app.get("/breaks")
    async def breaks() -> StreamingResponse:
        def pieces() -> Iterator[bytes]:
            yield b"x"
            raise ZeroDivisionError

        return StreamingResponse(pieces())

    with open_to(served) as one, caplog.at_level(logging.CRITICAL, "uvicorn.error"):
        one.sendall(b"GET /breaks HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        got = one.makefile("rb").read()
    assert got.endswith(b"1\r\nx\r\n"), "no end of the chunks: nobody takes it for the whole"


def test_a_client_may_send_on_after_a_refusal(served: str) -> None:
    """What is left of a body that was refused is thrown away, and the connection goes on."""
    with open_to(served) as one:
        one.sendall(b"POST /size HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 300000\r\n\r\n")
        one.sendall(b"x" * 300_000)
        one.sendall(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        got = one.makefile("rb").read()
    assert got.startswith(b"HTTP/1.1 413 ")
    assert b"HTTP/1.1 200 OK" in got
