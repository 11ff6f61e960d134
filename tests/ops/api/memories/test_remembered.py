"""What the process holds and knows to be the newest is answered without a request or a thread."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.concurrency import run_in_threadpool
from starlette.testclient import TestClient

from ingenious_ops.api.routes.memories import looking
from ingenious_ops.serving import create_app
from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.services.kinds import MEMORIES
from ingenious_storage.wiring import build_backend
from tests.support.counting import CountingBackend

ONE = "/api/v1/memories/c-1"


@pytest.fixture
def counted() -> list[CountingBackend]:
    """All stores of `storage`: health asks through some of its own."""
    return []


@pytest.fixture
def storage(counted: list[CountingBackend]) -> Iterator[Storage]:
    chosen = {"type": "inmemory", "cache": {"max_bytes": 1_000_000, "max_age": 60}}
    settings = Settings(storage=StorageSettings.model_validate(chosen))

    def counting(chosen: StorageSettings, name: str) -> CountingBackend:
        counted.append(CountingBackend(build_backend(chosen, name)))
        return counted[-1]

    with Storage(settings, backend=counting) as storage:
        yield storage


def test_a_read_of_what_is_held_is_answered_inline(
    storage: Storage, counted: list[CountingBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []

    async def counting(call: Any, *args: Any) -> Any:
        threads.append(call.__name__)
        return await run_in_threadpool(call, *args)

    monkeypatch.setattr(looking, "run_in_threadpool", counting)
    with TestClient(create_app(storage), "http://127.0.0.1") as client:
        storage.memory.save_memory("c-1", {"n": 1})
        for store in counted:
            store.reset()
        first = client.get(ONE)
        again = client.get(ONE)
        assert (again.content, again.headers["ETag"]) == (first.content, first.headers["ETag"])
        assert client.get(ONE, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
        storage.memory.save_memory("c-1", {"n": 2})
        assert client.get(ONE).json() == {"n": 2}
        asked = [call for store in counted for call in store.calls]
        assert [what for what, key in asked if key == MEMORIES.key("c-1")] == ["put"]
        assert threads == []
        storage.memory.delete_memory("c-1")
        for path in (ONE, "/api/v1/memories/nobody", f"{ONE}?revision=1"):
            client.get(path)
        assert threads == ["_read"] * 3
