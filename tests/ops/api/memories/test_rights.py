"""Who may do what with memories, and the log of who did it."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from starlette.testclient import TestClient

from ingenious_ops.api.identity.api_keys import digest_of, new_key
from ingenious_storage import Storage
from ingenious_storage.config import ApiKey, ApiSettings, Settings, StorageSettings

PATH = "/api/v1/memories"
ONE = f"{PATH}/c-1"
KEYS = {name: new_key() for name in ("reader", "editor", "admin", "prompts")}
MERGE = {"Content-Type": "application/merge-patch+json"}
READS = (PATH, ONE, f"{ONE}/revisions", f"{ONE}/diff?from=1", "/api/v1/export/memories")
CHANGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "create": ("POST", PATH, {"json": {}}),
    "save": ("PUT", ONE, {"json": {"messages": [7]}, "headers": {"If-Match": "*"}}),
    "patch": ("PATCH", ONE, {"content": b'{"a":1}', "headers": MERGE}),
    "append": ("POST", f"{ONE}/messages", {"json": {"messages": [1]}}),
    "rollback": ("POST", f"{ONE}/rollback", {"json": {"revision": 1}}),
    "delete": ("DELETE", ONE, {}),
    "restore": ("POST", f"{ONE}/restore", {}),
}


@pytest.fixture
def settings() -> Settings:
    keys = {
        name: ApiKey.model_validate({"sha256": digest_of(key), "role": name})
        for name, key in KEYS.items()
        if name != "prompts"
    }
    given = {"sha256": digest_of(KEYS["prompts"]), "role": "admin", "containers": "revisions"}
    keys["prompts"] = ApiKey.model_validate(given)
    storage = StorageSettings(type="inmemory")
    return Settings(storage=storage, api=ApiSettings(keys=keys))


def ask(client: TestClient, name: str | None, method: str, path: str, given: Any = None) -> Any:
    given = dict(given or {})
    who = {} if name is None else {"Authorization": f"Bearer {KEYS[name]}"}
    headers = {**given.pop("headers", {}), **who}
    return client.request(method, path, headers=headers, **given)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_reads_need_a_reader_of_the_container(client: TestClient, storage: Storage) -> None:
    storage.memory.save_memory("c-1", {"messages": []})
    for path in READS:
        assert code(ask(client, None, "GET", path)) == (401, "unauthenticated")
        assert code(ask(client, "prompts", "GET", path)) == (403, "forbidden")
        for name in ("reader", "editor", "admin"):
            assert ask(client, name, "GET", path).status_code == 200


def test_changes_need_an_editor(client: TestClient, storage: Storage) -> None:
    storage.memory.save_memory("c-1", {"messages": []})
    for method, path, given in CHANGES.values():
        assert code(ask(client, None, method, path, given)) == (401, "unauthenticated")
        for name in ("reader", "prompts"):
            assert code(ask(client, name, method, path, given)) == (403, "forbidden")
    assert [*storage.memory.list_conversations()] == ["c-1"]
    assert len(storage.memory.history("c-1")) == 1
    for name in ("editor", "admin"):
        for method, path, given in CHANGES.values():
            answer = ask(client, name, method, path, given)
            assert answer.status_code in {200, 201}
            assert answer.json()["author"] == f"key:{name}"


def test_erasing_needs_an_admin(client: TestClient, storage: Storage) -> None:
    storage.memory.save_memory("c-1", 1)
    for name in ("reader", "editor", "prompts"):
        assert code(ask(client, name, "POST", f"{ONE}/erase")) == (403, "forbidden")
    assert storage.memory.load_memory("c-1") == 1
    assert ask(client, "admin", "POST", f"{ONE}/erase").json()["counts"]["erased"] == 1


def test_each_change_is_a_line_of_the_audit_log_without_an_id(
    client: TestClient, storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    storage.memory.save_memory("c-1", {"messages": []})
    caplog.set_level(logging.INFO, "ingenious_storage.audit")
    for act, (method, path, given) in CHANGES.items():
        caplog.clear()
        answer = ask(client, "editor", method, path, given)
        (line,) = [r.getMessage() for r in caplog.records if r.name == "ingenious_storage.audit"]
        revision = answer.headers["ETag"].strip('"')
        request = answer.headers["X-Request-Id"]
        assert line == f"key:editor {act} memory revision {revision} request {request}"
        assert "c-1" not in line
    caplog.clear()
    receipt = ask(client, "admin", "POST", f"{ONE}/erase").json()
    assert f"key:admin erase memory receipt {receipt['id']}" in caplog.text
    caplog.clear()
    for method, path in (("GET", ONE), ("DELETE", ONE)):
        assert ask(client, "editor", method, path).status_code == 404
    assert "key:editor" not in caplog.text


def test_every_answer_has_an_etag(client: TestClient, storage: Storage) -> None:
    storage.memory.save_memory("c-1", {"messages": []})
    for path in READS[:-1]:
        tag = ask(client, "reader", "GET", path).headers["ETag"]
        held = {"headers": {"If-None-Match": tag}}
        assert ask(client, "reader", "GET", path, held).status_code == 304
    for method, path, given in CHANGES.values():
        assert ask(client, "editor", method, path, given).headers["ETag"]
