"""Idempotency-Key: repeated requests are one revision, while answers are lost."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from ingenious_storage import Storage
from tests.support.faults import FaultyBackend, any_of, lost, on, refused

PATH = "/api/v1/memories"
ONE = f"{PATH}/c-1"
KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
MERGE = {"Content-Type": "application/merge-patch+json"}
MESSAGES = {"messages": [{"role": "user", "content": "Hello"}]}
REQUESTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "create": ("POST", PATH, {"json": MESSAGES}),
    "save": ("PUT", ONE, {"json": [1], "headers": {"If-Match": "*"}}),
    "patch": ("PATCH", ONE, {"content": b'{"a":1}', "headers": MERGE}),
    "append": ("POST", f"{ONE}/messages", {"json": MESSAGES}),
    "delete": ("DELETE", ONE, {}),
    "rollback": ("POST", f"{ONE}/rollback", {"json": {"revision": 1}}),
    "restore": ("POST", f"{ONE}/restore", {}),
}


def ask(client: TestClient, act: str, **headers: str) -> Any:
    method, path, given = REQUESTS[act]
    more = {**KEY, **given.get("headers", {}), **headers}
    return client.request(method, path, **{**given, "headers": more})


def prepare(storage: Storage, act: str) -> None:
    storage.memory.save_memory("c-1", {"messages": []})
    storage.memory.save_memory("c-1", {"messages": [1]})
    if act == "restore":
        storage.memory.delete_memory("c-1")


@pytest.mark.parametrize("act", REQUESTS)
@pytest.mark.parametrize("fault", [lost, refused], ids=["lost", "refused"])
def test_repeated_requests_are_one_revision_while_answers_are_lost(
    client_with_faults: TestClient,
    storage_with_faults: Storage,
    faulty: dict[str, FaultyBackend],
    act: str,
    fault: Any,
) -> None:
    storage, store = storage_with_faults, faulty["ingenious-data"]
    prepare(storage, act)
    before = len(storage.memory.history("c-1"))
    statuses, answer = [], None
    for left in (3, 2, 1, 0):
        # Answers to the write are lost, and for a while nobody can look either what became of it.
        store.rule = any_of(on("put", "head", fault), on("get", "head", *[fault] * left))
        answer = ask(client_with_faults, act)
        statuses.append(answer.status_code)
        if answer.status_code < 500:
            break
    assert statuses[0] == 503
    assert statuses[-1] == (201 if act == "create" else 200)
    store.rule = None
    assert answer is not None
    for _ in range(2):
        again = ask(client_with_faults, act)
        assert (again.status_code, again.json()) == (statuses[-1], answer.json())
        assert again.headers["ETag"] == answer.headers["ETag"]
        storage.memory.save_memory(answer.json()["id"], {"messages": ["others"]})
    name = answer.json()["id"]
    made = storage.memory.history(name, limit=None)
    assert len(made) == (0 if act == "create" else before) + 1 + 2
    assert {*storage.memory.list_conversations()} == {"c-1", name}


@pytest.mark.parametrize("act", [act for act in REQUESTS if "json" in REQUESTS[act][2]])
def test_a_key_with_another_body_is_refused(client: TestClient, storage: Storage, act: str) -> None:
    prepare(storage, act)
    assert ask(client, act).status_code in {200, 201}
    method, path, given = REQUESTS[act]
    headers = {**KEY, **given.get("headers", {})}
    other = {"revision": 2} if act == "rollback" else {"messages": [2]}
    answer = client.request(method, path, json=other, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_another_key_is_another_request(client: TestClient, storage: Storage) -> None:
    prepare(storage, "append")
    numbers = [
        ask(client, "append", **{"Idempotency-Key": key}).json()["number"]
        for key in ("a", "b", "a", "c", "b")
    ]
    assert numbers == [3, 4, 3, 5, 4]
    made = [ask(client, "create", **{"Idempotency-Key": key}).json()["id"] for key in "aabb"]
    assert len(set(made)) == 2


def test_what_was_erased_does_not_come_back(client: TestClient, storage: Storage) -> None:
    made = ask(client, "append")
    assert made.json()["number"] == 1
    client.post(f"{ONE}/erase")
    again = ask(client, "append")
    assert (again.status_code, again.json()["code"]) == (404, "not_found")
    assert [*storage.memory.list_conversations()] == []
    assert ask(client, "append", **{"Idempotency-Key": "new"}).json()["number"] == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "\xe4"])
def test_a_key_that_is_none_is_refused(client: TestClient, storage: Storage, key: str) -> None:
    answer = client.post(PATH, json=1, headers=[(b"Idempotency-Key", key.encode("latin-1"))])
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert [*storage.memory.list_conversations()] == []


@pytest.mark.parametrize("act", ["save", "patch", "append", "delete", "rollback"])
@pytest.mark.parametrize("condition", ["*", "one of two"])
def test_a_repetition_with_a_condition_is_the_same_revision(
    client: TestClient, storage: Storage, act: str, condition: str
) -> None:
    prepare(storage, act)
    seen = client.get(ONE).headers["ETag"]
    match = {"*": "*", "one of two": f'"9-ab", {seen}'}[condition]
    first, second = (ask(client, act, **{"If-Match": match}) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert len(storage.memory.history("c-1")) == 3
