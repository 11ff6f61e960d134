"""Headers that are kept between requests: the same answers, and never more than a few."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from ingenious_ops.api.context import Context
from ingenious_ops.api.reads.held import HeldSet
from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings

PATHS = ["labels/production/files/a.md", "sets/s/files/a.md", "prompts/view/s/a.md"]


@pytest.fixture
def settings() -> Settings:
    cache = {"max_bytes": 8 * 1024 * 1024, "max_age": 3600}
    return Settings(storage=StorageSettings.model_validate({"type": "inmemory", "cache": cache}))


@pytest.fixture
def storage(storage: Storage) -> Storage:
    storage.prompts.create_set("s", {"a.md": "one\n", "b.md": "two\n"})
    storage.prompts.set_label("production", "s")
    return storage


@pytest.fixture
def held(app: FastAPI, storage: Storage) -> Callable[[], HeldSet]:
    """What the application remembers of the set."""
    context: Context = app.state.context

    def find() -> HeldSet:
        entries = [entry for _, entry in context.held._kept.values()]
        return next(each for each in entries if isinstance(each, HeldSet))

    return find


@pytest.mark.parametrize("path", PATHS)
def test_an_answer_with_kept_headers_is_as_the_first(client: TestClient, path: str) -> None:
    answers = [client.get(f"/api/v1/{path}") for _ in range(5)]
    ids = [answer.headers.pop("X-Request-Id") for answer in answers]
    assert len({(each.status_code, each.text, str(each.headers.raw)) for each in answers}) == 1
    assert len(set(ids)) == 5
    assert answers[0].headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", PATHS)
def test_the_layers_headers_are_not_kept(
    client: TestClient, held: Callable[[], HeldSet], path: str
) -> None:
    for _ in range(3):
        client.get(f"/api/v1/{path}")
    [names] = [[name for name, _ in kept] for kept in held().headers.values()]
    assert b"etag" in names
    assert len(names) == len(set(names))
    assert b"x-request-id" not in names


def test_a_prefix_in_many_spellings_fills_no_memory(
    app: FastAPI, held: Callable[[], HeldSet]
) -> None:
    host = FastAPI()
    host.mount("/prompts", app)
    with TestClient(host, "http://127.0.0.1") as client:
        for number in range(32):
            letters = zip("prompt", f"{number:06b}", strict=True)
            spelt = "".join(f"%{ord(c):x}" if bit == "1" else c for c, bit in letters)
            answer = client.get(f"/{spelt}s/api/v1/{PATHS[0]}")
            assert answer.text == "one\n"
    assert 0 < len(held().headers) <= 8


def test_a_file_that_is_not_there_is_not_kept(
    client: TestClient, held: Callable[[], HeldSet]
) -> None:
    for number in range(20):
        assert client.get(f"/api/v1/prompts/view/s/{number}.md").text == '""'
        assert client.get(f"/api/v1/sets/s/files/{number}.md").status_code == 404
    assert held().headers == {}
