"""Each route of memories, and each status that it documents of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from starlette.testclient import TestClient

from ingenious_storage import Storage
from tests.ops.api.paging import pages

PATH = "/api/v1/memories"
ONE = f"{PATH}/c-1"
DATA = {"messages": [{"role": "user", "content": "Hello"}]}
MERGE = {"Content-Type": "application/merge-patch+json"}
JSON_PATCH = {"Content-Type": "application/json-patch+json"}
NEW = {"If-None-Match": "*"}


@pytest.fixture
def etag(client: TestClient) -> str:
    """Of the memory c-1, which is there."""
    answer = client.put(ONE, json=DATA, headers=NEW)
    assert answer.status_code == 201
    return answer.headers["ETag"]


def test_a_memory_that_the_server_names(client: TestClient, storage: Storage) -> None:
    answer = client.post(PATH, json=DATA, params={"message": "why", "tag": ["a", "b"]})
    made = answer.json()
    assert (answer.status_code, made["number"], made["author"]) == (201, 1, "anonymous")
    assert (made["message"], made["tags"]) == ("why", ["a", "b"])
    assert answer.headers["Location"] == f"{PATH}/{made['id']}"
    assert storage.memory.load_memory(made["id"]) == DATA
    read = client.get(answer.headers["Location"])
    assert (read.json(), read.headers["ETag"]) == (DATA, answer.headers["ETag"])


@pytest.mark.parametrize("name", ["c-1", "a/b", "東京 \U0001f600", "a..b", "a%2Fb", "x" * 600])
def test_ids_are_any_text(client: TestClient, storage: Storage, name: str) -> None:
    path = f"{PATH}/{quote(name, safe='')}"
    answer = client.put(path, json=DATA, headers=NEW)
    assert (answer.status_code, answer.json()["id"]) == (201, name)
    assert answer.headers["Location"] == path
    assert client.get(path).json() == storage.memory.load_memory(name) == DATA
    assert client.get(PATH).json()["memories"][0]["id"] == name


def test_reading(client: TestClient, storage: Storage, etag: str) -> None:
    answer = client.get(ONE)
    assert (answer.json(), answer.headers["ETag"]) == (DATA, etag)
    assert answer.headers["Content-Type"] == "application/json"
    storage.memory.save_memory("c-1", 2)
    older = client.get(ONE, params={"revision": 1})
    assert (older.json(), older.headers["ETag"]) == (DATA, etag)
    assert client.get(ONE).json() == 2
    assert client.head(ONE).headers["ETag"] == client.get(ONE).headers["ETag"]


@pytest.mark.parametrize("held", ["{0}", "W/{0}", '"a", {0}', "*"])
def test_who_holds_it_gets_304(client: TestClient, etag: str, held: str) -> None:
    for path in (ONE, f"{ONE}?revision=1"):
        answer = client.get(path, headers={"If-None-Match": held.format(etag)})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["ETag"] == etag
    assert client.get(ONE, headers={"If-None-Match": '"a"'}).status_code == 200
    assert client.get(ONE, headers={"If-Match": etag}).status_code == 200
    assert client.get(ONE, headers={"If-Match": '"a"'}).status_code == 412


def test_saving_demands_a_condition(client: TestClient, storage: Storage, etag: str) -> None:
    assert code(client.put(ONE, json=1)) == (428, "precondition_required")
    assert code(client.put(ONE, content=b"not JSON")) == (428, "precondition_required")
    saved = client.put(ONE, json=1, headers={"If-Match": etag})
    assert (saved.status_code, saved.json()["number"]) == (200, 2)
    assert code(client.put(ONE, json=2, headers={"If-Match": etag})) == (412, "conflict")
    assert code(client.put(ONE, json=2, headers=NEW)) == (412, "already_exists")
    several = f'"x", {etag}, {saved.headers["ETag"]}'
    assert client.put(ONE, json=3, headers={"If-Match": several}).json()["number"] == 3
    assert code(client.put(ONE, json=4, headers={"If-Match": several})) == (412, "conflict")
    weak = {"If-Match": f"W/{client.get(ONE).headers['ETag']}"}
    assert code(client.put(ONE, json=4, headers=weak)) == (412, "conflict")
    assert client.put(ONE, json=4, headers={"If-Match": "*"}).json()["number"] == 4
    assert storage.memory.load_memory("c-1") == 4
    nobody = client.put(f"{PATH}/nobody", json=4, headers={"If-Match": "*"})
    assert code(nobody) == (412, "conflict")
    nobody = client.put(f"{PATH}/nobody", json=4, headers={"If-Match": etag})
    assert code(nobody) == (412, "conflict")


def test_what_was_deleted_is_made_again(client: TestClient, storage: Storage, etag: str) -> None:
    deleted = client.delete(ONE, params={"message": "old"}, headers={"If-Match": etag})
    assert (deleted.status_code, deleted.json()["deleted"]) == (200, True)
    assert code(client.get(ONE)) == (404, "memory_not_found")
    assert code(client.delete(ONE)) == (404, "memory_not_found")
    assert client.put(ONE, json=1, headers=NEW).json()["number"] == 3
    assert storage.memory.history("c-1")[1].message == "old"


def test_deleted_and_restored(client: TestClient, storage: Storage, etag: str) -> None:
    client.put(ONE, json=1, headers={"If-Match": etag})
    assert code(client.delete(ONE, headers={"If-Match": etag})) == (412, "conflict")
    deleted = client.delete(ONE)
    assert code(client.post(f"{ONE}/restore", headers={"If-Match": etag})) == (412, "conflict")
    restored = client.post(f"{ONE}/restore", headers={"If-Match": deleted.headers["ETag"]})
    assert (restored.status_code, restored.json()["number"]) == (200, 4)
    assert client.post(f"{ONE}/restore").json()["number"] == 4
    assert storage.memory.load_memory("c-1") == 1
    assert code(client.post(f"{PATH}/nobody/restore")) == (404, "memory_not_found")


def test_rolled_back(client: TestClient, storage: Storage, etag: str) -> None:
    saved = client.put(ONE, json=1, headers={"If-Match": etag})
    body = {"revision": 1, "message": "back"}
    refused = client.post(f"{ONE}/rollback", json=body, headers={"If-Match": etag})
    assert code(refused) == (412, "conflict")
    back = client.post(f"{ONE}/rollback", json=body, headers={"If-Match": saved.headers["ETag"]})
    assert (back.status_code, back.json()["number"], back.json()["message"]) == (200, 3, "back")
    assert storage.memory.load_memory("c-1") == DATA
    assert client.post(f"{ONE}/rollback", json={"revision": 9}).status_code == 404
    bad: list[Any] = [{}, [], {"revision": "1"}, {"revision": True}, {"revision": 0}, {"x": 1}]
    for wrong in bad:
        assert code(client.post(f"{ONE}/rollback", json=wrong)) == (422, "invalid_data")
    assert code(client.post(f"{PATH}/nobody/rollback", json=body)) == (404, "memory_not_found")
    assert client.post(f"{ONE}/rollback", json={"revision": 1.0}).json()["number"] == 4


def test_messages_are_appended(client: TestClient, storage: Storage, etag: str) -> None:
    more = {"messages": [{"role": "assistant", "content": "Hi"}]}
    assert client.post(f"{ONE}/messages", json=more).json()["number"] == 2
    refused = client.post(f"{ONE}/messages", json=more, headers={"If-Match": etag})
    assert code(refused) == (412, "conflict")
    assert storage.memory.load_memory("c-1") == {"messages": DATA["messages"] + more["messages"]}
    assert client.post(f"{PATH}/new/messages", json=more).json()["number"] == 1
    bad: list[Any] = [{}, {"messages": []}, {"messages": {}}, {"messages": [1], "x": 1}, [1], 7]
    for wrong in bad:
        assert code(client.post(f"{ONE}/messages", json=wrong)) == (422, "invalid_data")
    client.put(f"{PATH}/list", json=[], headers=NEW)
    assert code(client.post(f"{PATH}/list/messages", json=more)) == (409, "patch_conflict")


def test_history_in_pages(client: TestClient, storage: Storage, etag: str) -> None:
    for number in range(2, 58):
        storage.memory.save_memory("c-1", number)
    seen: list[int] = []
    for answer in pages(lambda **given: client.get(f"{ONE}/revisions", params=given), limit=10):
        assert answer.headers["ETag"]
        seen += [each["number"] for each in answer.json()["revisions"]]
        storage.memory.save_memory("c-1", f"meanwhile {len(seen)}")
    assert seen == list(range(57, 0, -1))
    token = client.get(f"{ONE}/revisions", params={"limit": 1}).json()["next"]
    other = client.get(f"{PATH}/c-2/revisions", params={"page": token})
    assert code(other) == (400, "invalid_request")
    assert code(client.get(f"{PATH}/c-2/revisions")) == (404, "memory_not_found")
    for wrong in (0, 1001, "x"):
        assert client.get(f"{ONE}/revisions", params={"limit": wrong}).status_code == 422


def test_differences(client: TestClient, storage: Storage, etag: str) -> None:
    storage.memory.save_memory("c-1", {**DATA, "summary": "x"})
    assert '+  "summary": "x"' in client.get(f"{ONE}/diff", params={"from": 1}).json()["diff"]
    answer = client.get(f"{ONE}/diff", params={"from": 2, "to": 1})
    assert '-  "summary": "x"' in answer.json()["diff"]
    held = {"If-None-Match": answer.headers["ETag"]}
    assert client.get(f"{ONE}/diff", params={"from": 2, "to": 1}, headers=held).status_code == 304
    assert code(client.get(f"{ONE}/diff", params={"from": 3})) == (404, "revision_not_found")
    assert client.get(f"{ONE}/diff").status_code == 422
    storage.memory.save_memory("c-1", "x" * 1024 * 1024)
    assert code(client.get(f"{ONE}/diff", params={"from": 1})) == (413, "object_too_large")


def test_lists_in_pages_while_memories_come_and_go(client: TestClient, storage: Storage) -> None:
    ids = [f"c-{number:02}" for number in range(30)]
    storage.memory.save_many(dict.fromkeys([*ids, "d"], 1))
    storage.memory.delete_memory("c-07")
    seen: list[str] = []
    for answer in pages(lambda **given: client.get(PATH, params=given), limit=7, prefix="c-"):
        seen += [each["id"] for each in answer.json()["memories"]]
        storage.memory.save_memory(f"c-0{len(seen)}-between", 1)
        storage.memory.purge_memory(seen[-1])
    there_all_the_time = [each for each in ids if each != "c-07"]
    assert [each for each in seen if "between" not in each] == there_all_the_time
    assert len(seen) == len(set(seen))
    token = client.get(PATH, params={"limit": 1, "prefix": "c-"}).json()["next"]
    other = client.get(PATH, params={"page": token, "prefix": "d"})
    assert code(other) == (400, "invalid_request")
    assert [each["id"] for each in client.get(PATH, params={"prefix": "d"}).json()["memories"]] == [
        "d"
    ]


def test_erased_for_good(client: TestClient, storage: Storage, etag: str) -> None:
    storage.memory.save_memory("c-1", 2)
    refused = client.post(f"{ONE}/erase", headers={"If-Match": etag})
    assert code(refused) == (412, "conflict")
    newest = client.get(ONE).headers["ETag"]
    answer = client.post(f"{ONE}/erase", headers={"If-Match": newest})
    receipt = answer.json()
    assert (answer.status_code, receipt["counts"]["erased"], receipt["revisions"]) == (200, 1, 2)
    assert code(client.get(f"{ONE}/revisions")) == (404, "memory_not_found")
    assert client.post(f"{ONE}/erase").json()["counts"]["gone"] == 1
    assert [*storage.data.list_keys("history/")] == []


BODIES: dict[str, tuple[str, Callable[[str], str]]] = {
    "create": ("POST", lambda _one: PATH),
    "save": ("PUT", lambda one: one),
    "append": ("POST", lambda one: f"{one}/messages"),
    "rollback": ("POST", lambda one: f"{one}/rollback"),
    "patch": ("PATCH", lambda one: one),
}


@pytest.mark.parametrize("route", BODIES)
@pytest.mark.parametrize("media", [None, "text/plain", "x", "application/json; charset=latin1"])
def test_a_body_of_another_type_is_refused(
    client: TestClient, etag: str, route: str, media: str | None
) -> None:
    method, path = BODIES[route]
    headers = {"If-Match": etag} if route == "save" else {}
    if media:
        headers["Content-Type"] = media
    answer = client.request(method, path(ONE), content=b"[]", headers=headers)
    assert code(answer) == (415, "unsupported_media_type")


@pytest.mark.parametrize("route", BODIES)
def test_a_body_that_is_not_strictly_json_is_refused(
    client: TestClient, storage: Storage, etag: str, route: str
) -> None:
    method, path = BODIES[route]
    media = MERGE if route == "patch" else {"Content-Type": "application/json; charset=UTF-8"}
    headers = {**media, **({"If-Match": etag} if route == "save" else {})}
    for body in (b"{", b"NaN", b'"\\ud800"', b"\xff", b""):
        answer = client.request(method, path(ONE), content=body, headers=headers)
        assert code(answer) == (400, "invalid_request")
    twice = client.request(method, path(ONE), content=b'{"a":1,"a":2}', headers=headers)
    assert code(twice) == (422, "invalid_data")
    assert [*storage.memory.list_conversations()] == ["c-1"]
    assert storage.memory.history("c-1")[0].number == 1


@pytest.mark.parametrize("body", [b"null", b"1" + b"0" * 30, b"[" * 300 + b"]" * 300])
def test_what_cannot_be_stored_is_refused(client: TestClient, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert code(client.post(PATH, content=body, headers=headers)) == (422, "invalid_data")


@pytest.mark.parametrize(
    "headers",
    [
        {"If-Match": "x"},
        {"If-None-Match": '"1-ab"'},
        {"If-Match": "*", "If-None-Match": "*"},
        {"If-Match": "*", "Idempotency-Key": ""},
    ],
    ids=str,
)
def test_headers_that_mean_nothing_are_refused(
    client: TestClient, storage: Storage, etag: str, headers: dict[str, str]
) -> None:
    for method in ("PUT", "PATCH", "DELETE"):
        answer = client.request(method, ONE, content=b"1", headers={**MERGE, **headers})
        assert code(answer) == (400, "invalid_request")
    assert storage.memory.load_memory("c-1") == DATA


def code(answer: Any) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status_code, orjson.loads(answer.content)["code"]


@pytest.mark.parametrize("act", ["messages", "rollback"])
def test_any_memory_is_none_that_was_deleted(
    client: TestClient, storage: Storage, act: str
) -> None:
    storage.memory.save_memory("c-1", {"messages": []})
    storage.memory.delete_memory("c-1")
    body = {"messages": [1]} if act == "messages" else {"revision": 1}
    answer = client.post(f"/api/v1/memories/c-1/{act}", json=body, headers={"If-Match": "*"})
    assert (answer.status_code, answer.json()["code"]) == (404, "memory_not_found")
    assert storage.memory.history("c-1")[0].deleted


def test_nothing_is_erased_on_a_condition_that_nothing_is_there(
    client: TestClient, storage: Storage
) -> None:
    storage.memory.save_memory("c-1", {"messages": []})
    answer = client.post("/api/v1/memories/c-1/erase", headers={"If-None-Match": "*"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert storage.memory.load_memory("c-1") == {"messages": []}
