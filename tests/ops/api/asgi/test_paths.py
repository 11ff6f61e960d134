"""Paths: any text is one segment, and what is meant for a file elsewhere finds none."""

from __future__ import annotations

import socket
from urllib.parse import quote, urlsplit

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from ingenious_ops.api.asgi.paths import Segment, Segments, UndecodedPaths
from ingenious_storage import Storage

IDS = ["a/b", "a%2Fb", "%", "日本 語", "a?b#c", "+49 (0) 123", "a;b=c", "x y", "..a", "~"]
NAMES = [f"id {number}" for number in range(len(IDS))]


@pytest.fixture
def echo() -> FastAPI:
    """What routes and parameters see."""
    app = FastAPI(redirect_slashes=False)
    app.add_middleware(UndecodedPaths)

    @app.get("/one/{name}")
    async def one(name: Segment) -> list[str]:
        return ["one", name]

    @app.get("/one/{name}/more")
    async def more(name: Segment) -> list[str]:
        return ["more", name]

    @app.get("/files/{path:path}")
    async def files(path: Segments) -> list[str]:
        return ["files", path]

    return app


@pytest.mark.parametrize("name", IDS, ids=NAMES)
@pytest.mark.parametrize("prefix", ["", "/api", "/a b/ü"], ids=["none", "plain", "encoded"])
def test_any_text_is_one_segment(echo: FastAPI, prefix: str, name: str) -> None:
    host = Starlette(routes=[Mount(prefix, echo)]) if prefix else echo
    client = TestClient(host)
    sent = f"{quote(prefix)}/one/{quote(name, safe='')}"
    assert client.get(sent).json() == ["one", name]
    assert client.get(f"{sent}/more").json() == ["more", name]


def test_a_line_break_in_a_segment(echo: FastAPI) -> None:
    """Mounted, the host's own pattern `.*` ends at a line break."""
    assert TestClient(echo).get("/one/a%0Ab").json() == ["one", "a\nb"]


def test_the_rest_of_a_path(echo: FastAPI) -> None:
    client = TestClient(echo)
    assert client.get("/files/a/b%20c/d.md").json() == ["files", "a/b c/d.md"]
    assert client.get("/files/a%2Fb.md").json() == ["files", "a/b.md"]


def test_two_spellings_are_one_path(echo: FastAPI) -> None:
    assert TestClient(echo).get("/%6Fne/%61%2fb").json() == ["one", "a/b"]


def raw(url: str, target: bytes) -> int:
    """The status for a target that no client would send so."""
    parts = urlsplit(url)
    assert parts.hostname
    with socket.create_connection((parts.hostname, parts.port or 80), timeout=100) as one:
        one.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        return int(one.makefile("rb").readline().split()[1])


TRICKS = [
    b"/console/static/../../../../../../etc/passwd",
    b"/console/static/%2e%2e/%2e%2e/app.py",
    b"/console/static/..%2f..%2fapp.py",
    b"/console/static/%252e%252e/app.py",
    b"/console/static/..\\..\\app.py",
    b"/console/static//etc/passwd",
    b"//etc/passwd",
    b"/api/v1/memories/%00",
    b"/api/v1/memories/a%0d%0aX-Evil:1",
    b"/api/v1/memories/%c0%ae%c0%ae",
    b"/api/v1/memories/%ff",
    b"/api/v1/memories/%zz",
    b"/api/v1/memories/%",
    b"/api/v1/memories/%ed%a0%80",
    b"/api/v1/memories/../../x",
    b"/api/v1/memories/%2e%2e",
    b"/api/v1/memories/.",
    b"/api/v1/memories/caf\xe9",
    b"/api/v1/memories/a\x00b",
]


@pytest.mark.parametrize("target", TRICKS, ids=[f"trick {n}" for n in range(len(TRICKS))])
def test_a_trick_finds_nothing(served: str, target: bytes) -> None:
    assert raw(served, target) in (400, 404, 422)


def test_a_conversation_whose_id_is_a_path(client: TestClient, storage: Storage) -> None:
    storage.memory.save_memory("a/b ü", {"messages": []})
    answer = client.get(f"/api/v1/memories/{quote('a/b ü', safe='')}")
    assert (answer.status_code, answer.json()) == (200, {"messages": []})
    assert client.get("/api/v1/memories/a/b").status_code == 404


def test_a_server_that_tells_no_raw_path(echo: FastAPI) -> None:
    async def poorer(scope: Scope, receive: Receive, send: Send) -> None:
        scope.pop("raw_path")
        await echo(scope, receive, send)

    assert TestClient(poorer).get("/one/x%20y").json() == ["one", "x y"]
