"""JSON Patch and merge patch: as their RFCs say, and none of 16 clients loses a change."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2 as httpx
import pytest
from starlette.testclient import TestClient

from ingenious_ops.api.patches import MERGE_PATCH, MOST, change_of, merged
from ingenious_storage import Storage
from ingenious_storage.errors import InvalidDataError, ObjectTooLargeError

ONE = "/api/v1/memories/c-1"
MERGE = {"Content-Type": MERGE_PATCH}
JSON_PATCH = {"Content-Type": "application/json-patch+json"}


@pytest.mark.parametrize(
    ("document", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patches_as_rfc_7396_shows_them(document: Any, patch: Any, result: Any) -> None:
    assert merged(document, patch) == result


@pytest.fixture
def etag(client: TestClient, storage: Storage) -> str:
    storage.memory.save_memory("c-1", {"messages": [{"role": "user"}], "n": 1})
    return str(client.get(ONE).headers["ETag"])


def test_both_kinds_change_parts(client: TestClient, storage: Storage, etag: str) -> None:
    operations = [
        {"op": "test", "path": "/n", "value": 1},
        {"op": "add", "path": "/messages/-", "value": {"role": "assistant"}},
        {"op": "move", "from": "/n", "path": "/count"},
    ]
    answer = client.patch(ONE, json=operations, headers={**JSON_PATCH, "If-Match": etag})
    assert (answer.status_code, answer.json()["number"]) == (200, 2)
    assert client.patch(ONE, json={"count": None, "x": {}}, headers=MERGE).json()["number"] == 3
    roles = [{"role": "user"}, {"role": "assistant"}]
    assert storage.memory.load_memory("c-1") == {"messages": roles, "x": {}}


@pytest.mark.parametrize(
    ("operations", "status"),
    [
        ([{"op": "test", "path": "/n", "value": 2}], 409),
        ([{"op": "test", "path": "/n", "value": True}], 409),
        ([{"op": "remove", "path": "/x"}], 409),
        ([{"op": "add", "path": "/messages/5", "value": 1}], 409),
        ([{"op": "add", "path": "/x", "value": 1}, {"op": "remove", "path": "/y"}], 409),
        ([{"op": "add", "path": "/n/x", "value": 1}], 409),
        ([{"op": "replace", "path": "", "value": None}], 422),
        ([{"op": "jump", "path": "/n"}], 422),
        ([{"op": "add", "path": "/n"}], 422),
        ([{"op": "copy", "path": "/n"}], 422),
        ([{"op": "copy", "from": "/x", "path": "/n"}], 409),
        ([{"op": "copy", "from": "/messages/-", "path": "/n"}], 409),
        ([{"op": "add", "path": "n", "value": 1}], 422),
        ([{"op": "add", "path": 7, "value": 1}], 422),
        ([7], 422),
        ({"op": "add", "path": "/n", "value": 1}, 422),
        ([{"op": "test", "path": "/n", "value": 1}] * (MOST + 1), 422),
    ],
    ids=lambda given: repr(given)[:60],
)
def test_a_patch_that_does_not_fit_changes_nothing(
    client: TestClient, storage: Storage, etag: str, operations: Any, status: int
) -> None:
    answer = client.patch(ONE, json=operations, headers=JSON_PATCH)
    assert answer.status_code == status
    wanted = 412 if status == 409 else status
    guarded = {**JSON_PATCH, "If-Match": etag}
    assert client.patch(ONE, json=operations, headers=guarded).status_code == wanted
    assert len(storage.memory.history("c-1")) == 1


def test_what_is_not_there_is_not_patched(client: TestClient, etag: str) -> None:
    for path in ("/api/v1/memories/nobody", ONE):
        answer = client.patch(path, json={"a": 1}, headers=MERGE)
        assert answer.status_code == (200 if path == ONE else 404)
    stale = client.patch(ONE, json={"a": 2}, headers={**MERGE, "If-Match": etag})
    assert (stale.status_code, stale.json()["code"]) == (412, "conflict")
    assert client.patch(ONE, content=b"null", headers=MERGE).status_code == 422
    assert client.patch(ONE, json={}, headers={"Content-Type": "text/plain"}).status_code == 415


def test_a_patch_that_changes_nothing_makes_no_revision(client: TestClient, etag: str) -> None:
    for patch, kind in (({"n": 1}, MERGE), ([], JSON_PATCH), ({}, MERGE)):
        answer = client.patch(ONE, json=patch, headers=kind)
        assert (answer.status_code, answer.headers["ETag"]) == (200, etag)


@pytest.mark.parametrize("levels", [300, 900, 1020])
def test_a_patch_that_is_too_deep_to_store_is_refused(
    client: TestClient, storage: Storage, etag: str, levels: int
) -> None:
    deep = '{"a":' * levels + "1" + "}" * levels
    for kind, body in (
        (MERGE, deep),
        (JSON_PATCH, f'[{{"op": "add", "path": "/x", "value": {deep}}}]'),
        (JSON_PATCH, f'[{{"op": "test", "path": "/x", "value": {deep}}}]'),
    ):
        answer = client.patch(ONE, content=body, headers=kind)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_data")
    assert len(storage.memory.history("c-1")) == 1


def test_what_a_patch_makes_deeper_and_deeper_is_refused(client: TestClient, etag: str) -> None:
    operations: list[dict[str, Any]] = [{"op": "add", "path": "/t", "value": {}}]
    for _ in range(300):
        operations += [
            {"op": "move", "from": "/t", "path": "/u"},
            {"op": "add", "path": "/t", "value": {}},
            {"op": "move", "from": "/u", "path": "/t/q"},
        ]
    copied = [*operations, {"op": "copy", "from": "/t", "path": "/v"}]
    for given in (operations, copied):
        assert client.patch(ONE, json=given, headers=JSON_PATCH).status_code == 422


def test_a_copy_is_measured_before_it_is_made() -> None:
    """An empty list takes thirty times its two bytes in memory, and long to copy."""
    twice = [{"op": "copy", "from": "/l", "path": "/l/0"}] * 40
    document: dict[str, Any] = {"l": [[]]}
    with pytest.raises(ObjectTooLargeError):
        change_of("application/json-patch+json", twice, max_bytes=100_000)(document)
    assert len(json.dumps(document, separators=(",", ":"))) < 100_100


def test_what_is_copied_is_no_part_of_what_it_was_copied_from() -> None:
    operations = [
        {"op": "copy", "from": "/a", "path": "/b"},
        {"op": "add", "path": "/b/-", "value": 2},
        {"op": "copy", "from": "", "path": ""},
        {"op": "copy", "from": "/b", "path": "/a/0"},
    ]
    change = change_of("application/json-patch+json", operations, max_bytes=1000)
    for _ in range(2):  # as a commit that met others does
        assert change({"a": [1]}) == {"a": [[1, 2], 1], "b": [1, 2]}


def test_copies_of_copies_do_not_fill_the_memory() -> None:
    twice = [{"op": "copy", "from": "", "path": f"/{number}"} for number in range(60)]
    change = change_of("application/json-patch+json", twice, max_bytes=100_000)
    with pytest.raises(ObjectTooLargeError):
        change({"x": 1})
    with pytest.raises(InvalidDataError):
        change_of("application/json-patch+json", "x", max_bytes=1)


def test_16_clients_that_patch_one_memory_lose_nothing(served: str, storage: Storage) -> None:
    storage.memory.save_memory("c-1", {"messages": [], "by": {}})
    with httpx.Client(base_url=served, timeout=60) as http, ThreadPoolExecutor(16) as pool:

        def patch(number: int) -> list[int]:
            statuses = []
            for turn in range(5):
                said = {"op": "add", "path": "/messages/-", "value": [number, turn]}
                statuses.append(http.patch(ONE, json=[said], headers=JSON_PATCH).status_code)
                part = {"by": {f"{number}-{turn}": True}}
                statuses.append(http.patch(ONE, json=part, headers=MERGE).status_code)
            return statuses

        assert {each for done in pool.map(patch, range(16)) for each in done} == {200}
    found = storage.memory.snapshot("c-1")
    every = [[number, turn] for number in range(16) for turn in range(5)]
    assert sorted(found.data["messages"]) == every
    assert found.data["by"] == {f"{number}-{turn}": True for number, turn in every}
    assert found.revision.number == 161
