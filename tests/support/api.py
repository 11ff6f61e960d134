"""Requests to the HTTP API in this process that have all of its telemetry emitted."""

from __future__ import annotations

from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingenious_ops.api.asgi.telemetry import Telemetry
from ingenious_ops.serving import create_app
from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings

PATH: Final = "/api/v1/memories/secret"


async def ask_the_api() -> None:
    """One request that finds nothing, one of another host, one that is refused, one that fails."""
    with Storage(Settings(storage=StorageSettings(type="inmemory"))) as storage:
        app = create_app(storage)
        for host in (b"localhost", b"secret.example"):
            await app(_scope(host), _receive, _send)
    for status in (401, 503):
        await Telemetry(_answering(status))(_scope(b"localhost"), _receive, _send)


def _scope(host: bytes) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": PATH,
        "raw_path": PATH.encode(),
        "query_string": b"",
        "headers": [(b"host", host)],
    }


class _Route:
    path = "/api/v1/memories/{conversation_id}"


def _answering(status: int) -> ASGIApp:
    async def answer(scope: Scope, _receive: Receive, send: Send) -> None:
        scope["route"] = _Route
        await send({"type": "http.response.start", "status": status, "headers": []})

    return answer


async def _receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(_message: Message) -> None:
    """Nobody reads it."""
