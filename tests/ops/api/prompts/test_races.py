"""Many clients of a real server: nothing is lost, and a repeated request is done once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from ingenious_storage import Storage
from tests.ops.api.prompts.conftest import Call

CLIENTS = 16
EACH = 3


def test_clients_that_write_one_set_lose_nothing(served: str, storage: Storage) -> None:
    storage.prompts.create_set("s", {"log.md": ""})
    all_have_read = threading.Barrier(CLIENTS)

    def add(number: int) -> int:
        refused = 0
        with httpx2.Client(base_url=f"{served}/api/v1", timeout=60) as client:
            for line in range(EACH):
                # Whoever is refused met somebody who was not.
                for attempt in range(CLIENTS * EACH):
                    read = client.get("/sets/s/files/log.md")
                    if line == attempt == 0:
                        all_have_read.wait(60)
                    wrote = client.put(
                        "/sets/s/files/log.md",
                        content=f"{read.text}{number}.{line}\n".encode(),
                        headers={"Content-Type": "text/plain", "If-Match": read.headers["ETag"]},
                    )
                    if wrote.status_code == 200:
                        break
                    assert wrote.status_code == 412
                    refused += 1
                else:
                    raise AssertionError("somebody is always refused")
        return refused

    with ThreadPoolExecutor(CLIENTS) as pool:
        refused = sum(pool.map(add, range(CLIENTS)))
    lines = storage.prompts.get("s", "log.md").splitlines()
    assert sorted(lines) == sorted(f"{n}.{line}" for n in range(CLIENTS) for line in range(EACH))
    assert len(storage.prompts.history("s", limit=None)) == 1 + CLIENTS * EACH
    assert refused >= CLIENTS - 1, "they have met"


def test_clients_that_move_one_label(served: str, storage: Storage) -> None:
    storage.prompts.create_set("s", {"a": "0"})
    for number in range(1, CLIENTS):
        storage.prompts.commit("s", {"a": str(number)})
    first = storage.prompts.set_label("production", "s", revision=1)
    seen = f'"{first.moved.number}-{first.moved.write_id}"'

    def move(revision: int) -> int:
        return httpx2.put(
            f"{served}/api/v1/labels/production",
            json={"set": "s", "revision": revision},
            headers={"If-Match": seen},
            timeout=60,
        ).status_code

    with ThreadPoolExecutor(CLIENTS) as pool:
        statuses = list(pool.map(move, range(1, CLIENTS + 1)))
    assert sorted(statuses) == [200] + [412] * (CLIENTS - 1)
    assert storage.prompts.get_label("production").number == statuses.index(200) + 1
    assert len(storage.prompts.label_history("production")) == 2


REPEATED: dict[str, tuple[str, str, Any]] = {
    "create": ("POST", "sets", {"name": "new", "files": {"a": "1"}}),
    "commit": ("POST", "sets/s/commits", {"changes": {"a.md": "x", "b/c.txt": None}}),
    "rollback": ("POST", "sets/s/rollback", {"revision": 1}),
    "delete": ("DELETE", "sets/s", None),
    "delete file": ("DELETE", "sets/s/files/a.md", None),
    "move": ("PUT", "labels/production", {"set": "s", "revision": 3}),
    "delete label": ("DELETE", "labels/production", None),
    "update": ("POST", "prompts/update/s/a.md", {"content": "x"}),
    "update of nothing": ("POST", "prompts/update/never/a.md", {"content": "x"}),
}


@pytest.mark.parametrize("name", REPEATED)
def test_a_repeated_request_is_done_once(call: Call, storage: Storage, name: str) -> None:
    method, path, body = REPEATED[name]
    headers = {"Idempotency-Key": str(uuid4())}
    if method == "PUT":
        headers["If-Match"] = call("GET", path).headers["ETag"]
    status = 201 if name == "create" else 200
    made = call(method, path, json=body, headers=headers, status=status)
    storage.prompts.create_set("other")
    again = call(method, path, json=body, headers=headers, status=status)
    assert again.headers["ETag"] == made.headers["ETag"]
    assert again.json() == made.json()
    revisions = {each: storage.prompts.kept_revisions(each).stop for each in _all_sets(storage)}
    assert sum(revisions.values()) <= 2 + 5 + 2
    assert storage.prompts.kept_label_revisions("production").stop <= 3


def _all_sets(storage: Storage) -> list[str]:
    return sorted({*storage.prompts.list_sets(), "s"})


def test_a_key_for_something_else_is_refused(call: Call) -> None:
    headers = {"Idempotency-Key": "k-1"}
    call("POST", "sets/s/commits", json={"changes": {"a.md": "x"}}, headers=headers)
    other = {"changes": {"a.md": "y"}}
    refused = call("POST", "sets/s/commits", json=other, headers=headers, status=422)
    assert refused.json()["code"] == "idempotency_key_reused"
    for key in ("", "x" * 256, "a\tb"):
        call("POST", "sets/s/commits", json=other, headers={"Idempotency-Key": key}, status=400)
