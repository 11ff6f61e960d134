"""The export of all memories: a line each, and a last one that says whether it is all."""

from __future__ import annotations

import tracemalloc
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from ingenious_storage import Storage
from ingenious_storage.services.kinds import MEMORIES
from tests.support.faults import FaultyBackend, Request, refused

PATH = "/api/v1/export/memories"


def lines(client: TestClient, **params: str) -> list[Any]:
    answer = client.get(PATH, params=params)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/x-ndjson")
    assert answer.content.endswith(b"\n")
    return [orjson.loads(line) for line in answer.content.splitlines()]


def test_each_memory_is_a_line(client: TestClient, storage: Storage) -> None:
    data = {"messages": [{"role": "user", "content": "東京\n\u2028"}]}
    ids = ["a/b", "c-1", "c-2", "x" * 600]
    made = storage.memory.save_many(dict.fromkeys([*ids, "gone"], data))
    storage.memory.delete_memory("gone")
    *memories, end = lines(client)
    assert {each["id"]: each["data"] for each in memories} == dict.fromkeys(ids, data)
    assert {each["write_id"] for each in memories} == {
        getattr(made[name], "write_id", None) for name in ids
    }
    assert end == {"end": True, "memories": 4, "failed": 0}
    assert [each["id"] for each in lines(client, prefix="c-")[:-1]] == ["c-1", "c-2"]
    assert lines(client, prefix="nobody") == [{"end": True, "memories": 0, "failed": 0}]


def test_what_is_damaged_is_a_line_of_its_own(client: TestClient, storage: Storage) -> None:
    storage.memory.save_many(dict.fromkeys(["a", "b", "c"], 1))
    storage.data.save_bytes(MEMORIES.key("b"), b"{}")
    good, bad, last, end = lines(client)
    assert (good["id"], last["id"]) == ("a", "c")
    assert (bad["id"], bad["error"]["code"]) == ("b", "corrupt_object")
    assert end == {"end": True, "memories": 2, "failed": 1}


@pytest.mark.slow
def test_where_the_store_stops_the_last_line_says_so(
    client_with_faults: TestClient, storage_with_faults: Storage, faulty: dict[str, FaultyBackend]
) -> None:
    storage_with_faults.memory.save_many({f"c-{number:05}": 1 for number in range(5100)})

    def second_listing(request: Request) -> Any:
        listings = [each for each in store.requests if each.operation == "list"]
        return refused if request.operation == "list" and len(listings) == 3 else None

    store = faulty["ingenious-data"]
    store.requests.clear()
    store.rule = second_listing  # of markers, then of the first page, then of the next
    *memories, end = lines(client_with_faults)
    assert 0 < len(memories) < 5100
    assert end["end"] is False
    assert end["error"]["code"] == "unavailable"
    assert end["memories"] == len(memories)


def test_it_takes_no_more_memory_than_some_memories(client: TestClient, storage: Storage) -> None:
    size = 1024 * 1024
    storage.memory.save_many({f"c-{number:02}": "x" * size for number in range(48)})
    storage.memory.documents.reader.forget()
    tracemalloc.start()
    count = 0
    with client.stream("GET", PATH) as answer:
        for part in answer.iter_bytes():
            count += len(part)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count > 48 * size
    # The test's client holds the answer itself, and heads are remembered.
    assert peak < 3.5 * 48 * size


def test_head_reads_no_memory(
    client_with_faults: TestClient, storage_with_faults: Storage, faulty: dict[str, FaultyBackend]
) -> None:
    storage_with_faults.memory.save_many({f"c-{number}": {} for number in range(20)})
    before = len(faulty["ingenious-data"].requests)
    answer = client_with_faults.head(PATH)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/x-ndjson")
    assert (answer.headers["Cache-Control"], answer.content) == ("no-store", b"")
    asked = [each.operation for each in faulty["ingenious-data"].requests[before:]]
    assert "get" not in asked
    assert client_with_faults.options(PATH).headers["Allow"] == "GET, HEAD, OPTIONS"
