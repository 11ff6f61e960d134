"""What is in memory is answered without a thread and without the store, and never too old."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.concurrency import run_in_threadpool

from ingenious_ops.api.reads import held
from ingenious_storage import PromptLibrary, Storage
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import Settings, StorageSettings
from tests.ops.api.prompts.conftest import Call

PATHS = ["labels/production/files/a.md", "sets/s/files/a.md", "prompts/view/s/a.md"]


@pytest.fixture
def settings() -> Settings:
    cache = {"max_bytes": 8 * 1024 * 1024, "max_age": 3600}
    return Settings(storage=StorageSettings.model_validate({"type": "inmemory", "cache": cache}))


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was handed to a thread."""
    seen = list[str]()

    async def spied(call: Callable[[], Any]) -> Any:
        seen.append(repr(call))
        return await run_in_threadpool(call)

    monkeypatch.setattr("ingenious_ops.api.reads.held.run_in_threadpool", spied)
    return seen


@pytest.mark.parametrize("path", PATHS)
def test_a_second_read_needs_neither_thread_nor_store(
    call: Call, threads: list[str], monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    texts = {call("GET", path).text for _ in range(3)}
    threads.clear()
    monkeypatch.setattr(InMemoryBackend, "get", None)
    for _ in range(3):
        answer = call("GET", path)
        texts.add(answer.text)
        call("GET", path, headers={"If-None-Match": answer.headers["ETag"]}, status=304)
    assert (len(texts), threads) == (1, [])


def test_an_own_change_is_seen_at_once(call: Call, prompts: PromptLibrary) -> None:
    path = "labels/production/files/a.md"
    for revision, text in ((1, "one\n"), (3, "three\n"), (2, "two\n")):
        prompts.set_label("production", "s", revision=revision)
        assert [call("GET", path).text for _ in range(3)] == [text] * 3
    for number in range(3):
        prompts.commit("s", {"a.md": str(number)})
        assert [call("GET", "sets/s/files/a.md").text for _ in range(3)] == [str(number)] * 3
    prompts.delete_set("s")
    call("GET", "sets/s/files/a.md", status=404)
    assert call("GET", path).text == "two\n"
    prompts.delete_label("production")
    call("GET", path, status=404)
    prompts.purge_set("s")
    call("GET", "sets/s/files/a.md", params={"revision": 2}, status=404)


def test_nothing_is_held_where_no_cache_is_on(
    call: Call, threads: list[str], storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        call("GET", PATHS[1])
    monkeypatch.setattr(type(storage.revisions.backend), "is_current", lambda *_: False)
    threads.clear()
    for _ in range(3):
        call("GET", PATHS[1])
    assert len(threads) == 3


def test_what_is_held_is_bounded(call: Call, prompts: PromptLibrary) -> None:
    small = held.Held(max_bytes=10_000)
    assert small._kept.maxsize == 10_000
    one = held.HeldSet("s", prompts.history("s")[0], {"a": b"x" * 20_000})
    assert one.size > 20_000
