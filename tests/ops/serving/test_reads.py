"""What a read of a prompt costs that is in memory: counted, as times differ from run to run."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from types import FrameType
from typing import Any

import pytest
from anyio import to_thread
from fastapi import FastAPI
from starlette.responses import Response

from ingenious_ops.api.identity.api_keys import new_key
from ingenious_ops.serving import create_app
from ingenious_storage import Storage
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import ApiSettings, Settings, StorageSettings
from tests.support.issuer import AUDIENCE, Issuer, running_issuer

KEY, TEXT = new_key(), "x" * 4096
PATHS = ["labels/production/files/a.md", "sets/s/files/a.md", "prompts/view/s/a.md"]
CREDENTIALS = ["key", "token"]


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as issuer:
        yield issuer


@pytest.fixture
def app(issuer: Issuer) -> Iterator[FastAPI]:
    cache = {"max_bytes": 8 * 1024 * 1024, "max_age": 3600}
    api = {
        "keys": {"service": {"sha256": sha256(KEY.encode()).hexdigest(), "role": "reader"}},
        "issuer": issuer.url,
        "audience": AUDIENCE,
        "roles": {"readers": "reader"},
    }
    settings = Settings(
        storage=StorageSettings.model_validate({"type": "inmemory", "cache": cache}),
        api=ApiSettings.model_validate(api),
    )
    with Storage(settings) as storage:
        storage.prompts.create_set("s", {"a.md": TEXT})
        storage.prompts.set_label("production", "s")
        yield create_app(storage)


@pytest.fixture
def headers(issuer: Issuer) -> dict[str, tuple[bytes, bytes]]:
    """By the name of the credential."""
    return {
        "key": (b"x-api-key", KEY.encode()),
        "token": (b"authorization", b"Bearer " + issuer.token().encode()),
    }


async def ask(app: FastAPI, path: str, *headers: tuple[bytes, bytes]) -> bytes:
    """The body of an answer of 200, without a server."""
    sent = list[Any]()

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": f"/api/v1/{path}",
        "raw_path": f"/api/v1/{path}".encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1"), *headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    await app(scope, receive, send)
    assert sent[0]["status"] == 200
    return b"".join(each.get("body", b"") for each in sent)


async def calls_of(app: FastAPI, path: str, *headers: tuple[bytes, bytes]) -> Counter[str]:
    """The calls of functions in Python and in C that one more such request takes."""
    for _ in range(3):
        await ask(app, path, *headers)
    found = Counter[str]()

    def count(frame: FrameType, event: str, called: Any) -> None:
        if event == "call":
            found[f"{frame.f_code.co_filename}:{frame.f_code.co_name}"] += 1
        elif event == "c_call":
            found[called.__qualname__] += 1

    gc.collect()
    gc.disable()  # its callbacks, for what other tests have left, would be counted
    sys.setprofile(count)
    try:
        await ask(app, path, *headers)
    finally:
        sys.setprofile(None)
        gc.enable()
    return found


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("credential", CREDENTIALS)
def test_a_read_takes_few_calls_more_than_a_bare_route(
    app: FastAPI, headers: dict[str, tuple[bytes, bytes]], path: str, credential: str
) -> None:
    bare = FastAPI()

    @bare.get(f"/api/v1/{path}")
    async def read() -> Response:
        return Response(TEXT)

    ours = asyncio.run(calls_of(app, path, headers[credential]))
    peer = asyncio.run(calls_of(bare, path))
    assert ours.total() <= 1.35 * peer.total(), ours.most_common(20)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("credential", CREDENTIALS)
def test_a_read_needs_no_thread_and_no_store(
    app: FastAPI,
    headers: dict[str, tuple[bytes, bytes]],
    path: str,
    credential: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def reads() -> None:
        bodies = {await ask(app, path, headers[credential]) for _ in range(3)}
        monkeypatch.setattr(to_thread, "run_sync", None)
        monkeypatch.setattr(asyncio.get_running_loop(), "run_in_executor", None)
        monkeypatch.setattr(InMemoryBackend, "get", None)
        bodies |= {await ask(app, path, headers[credential]) for _ in range(3)}
        assert len(bodies) == 1

    asyncio.run(reads())
