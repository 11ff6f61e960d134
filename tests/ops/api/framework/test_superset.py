"""What the framework's routes do beyond the framework, and where it answers what is not true."""

from __future__ import annotations

from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from ingenious_storage import Storage, UnavailableError
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.services.framework_names import NO_REVISION

UPDATE = "/api/v1/prompts/update/quickstart-1/a.md"


@pytest.fixture
def settings() -> Settings:
    retry = {"attempts": 1}
    return Settings(storage=StorageSettings.model_validate({"type": "inmemory", "retry": retry}))


@pytest.fixture(autouse=True)
def quickstart(storage: Storage) -> None:
    storage.prompts.create_set("quickstart-1", {"a.md": "one", "b.jinja": "b", "c.txt": "c"})


def test_all_prompts_by_pages(client: TestClient, storage: Storage) -> None:
    for name in ("quickstart", "x"):
        storage.prompts.create_set(name, {"n.md": ""})
    first = client.get("/api/v1/prompts", params={"limit": 2}).json()
    assert first["prompts"] == [
        {"revision_id": "quickstart-1", "files": ["a.md", "b.jinja"], "count": 2},
        {"revision_id": "quickstart", "files": ["n.md"], "count": 1},
    ]
    rest = client.get("/api/v1/prompts", params={"limit": 2, "page": first["next"]}).json()
    assert ([each["revision_id"] for each in rest["prompts"]], rest["next"]) == (["x"], None)
    assert client.get("/api/v1/prompts", params={"page": "x"}).status_code == 400


def test_a_condition_holds_when_it_is_sent(client: TestClient, storage: Storage) -> None:
    seen = client.get("/api/v1/prompts/view/quickstart-1/a.md").headers["ETag"]
    made = client.post(UPDATE, json={"content": "two"}, headers={"If-Match": seen})
    newest = storage.prompts.history("quickstart-1")[0]
    assert made.headers["ETag"] == f'"{newest.number}-{newest.write_id}"'
    assert (newest.author, newest.message) == ("anonymous", "prompts/update")
    stale = client.post(UPDATE, json={"content": "three"}, headers={"If-Match": seen})
    assert (stale.status_code, stale.json()["code"]) == (412, "conflict")
    assert "detail" in stale.json()
    new = client.post(UPDATE, json={"content": "four"}, headers={"If-None-Match": "*"})
    assert new.status_code == 412
    nowhere = UPDATE.replace("quickstart-1", "never")
    lost = client.post(nowhere, json={"content": "x"}, headers={"If-Match": seen})
    assert lost.status_code in {404, 412}
    assert storage.prompts.get("quickstart-1", "a.md") == "two"
    assert list(storage.prompts.list_sets()) == ["quickstart-1"]


def test_a_repeated_creation_is_one_set(client: TestClient, storage: Storage) -> None:
    storage.prompts.create_set("mine", {"n.md": ""})
    for body in ({"revision_id": "mine"}, {}):
        headers = {"Idempotency-Key": str(uuid4())}
        made = [
            client.post("/api/v1/revisions/create", json=body, headers=headers).json()
            for _ in range(3)
        ]
        assert made[0] == made[1] == made[2]
    assert len(list(storage.prompts.list_sets())) == 4


def test_the_prompts_without_a_revision_are_no_revision(
    client: TestClient, storage: Storage
) -> None:
    storage.prompts.create_set(NO_REVISION, {"user_prompt.md": "loose"})
    assert client.get("/api/v1/revisions/list").json()["revisions"] == ["quickstart-1"]
    workflows = client.get("/api/v1/workflows/list").json()["workflows"]
    assert [each["revision_id"] for each in workflows] == ["quickstart-1"]
    for number, headers in enumerate(({}, {"Idempotency-Key": "k" * 20}), 1):
        body = {"revision_id": "No_Revision"}
        made = client.post("/api/v1/revisions/create", json=body, headers=headers).json()
        assert made["revision_id"] == f"no-revision-{number}"
    assert storage.prompts.get_set(NO_REVISION) == {"user_prompt.md": "loose"}


def test_names_and_texts_that_no_prompt_can_have(client: TestClient) -> None:
    for path in ("a%00.md", "a%5Cb.md", "trailing.", "x" * 1100):
        view = client.get(f"/api/v1/prompts/view/quickstart-1/{path}")
        assert (view.status_code, view.json()) == (200, "")
        update = client.post(f"/api/v1/prompts/update/quickstart-1/{path}", json={"content": ""})
        assert (update.status_code, update.json()["code"]) == (422, "invalid_key")
        assert update.json()["detail"]
    lone = client.post(
        UPDATE, content=b'{"content": "\\ud800"}', headers={"Content-Type": "application/json"}
    )
    assert lone.status_code == 422
    named = client.post(
        "/api/v1/revisions/create",
        content=b'{"revision_id": "\\ud800"}',
        headers={"Content-Type": "application/json"},
    )
    assert named.status_code == 400
    deep = client.post(UPDATE, content=b"[" * 100_000, headers={"Content-Type": "application/json"})
    assert deep.status_code in {400, 422}


def test_an_empty_storage(client: TestClient, storage: Storage) -> None:
    storage.prompts.purge_set("quickstart-1")
    revisions = client.get("/api/v1/revisions/list").json()
    assert revisions == {"revisions": [], "count": 0, "discovered_from": "workflows"}
    workflows = client.get("/api/v1/workflows/list").json()
    assert workflows == {"workflows": [], "count": 0, "total_workflows_discovered": 0}
    made = client.post("/api/v1/revisions/create", json={})
    assert made.status_code == 500
    assert made.json()["detail"] == "No template files found in quickstart-1 directory"


def test_an_outage_never_looks_like_emptiness(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_args: object, **_options: object) -> None:
        raise UnavailableError("no answer from 10.1.2.3")

    for call in ("get", "list", "put", "head"):
        monkeypatch.setattr(InMemoryBackend, call, down)
    asked = [
        ("GET", "revisions/list"),
        ("GET", "workflows/list"),
        ("GET", "prompts"),
        ("GET", "prompts/list/quickstart-1"),
        ("GET", "prompts/view/quickstart-1/a.md"),
        ("POST", "prompts/update/quickstart-1/a.md"),
        ("POST", "revisions/create"),
    ]
    for method, path in asked:
        body = {"content": "x"} if method == "POST" else None
        answer = client.request(method, f"/api/v1/{path}", json=body)
        assert answer.status_code == 503, path
        assert answer.json()["code"] in {"unavailable", "commit_unknown"}
        assert "10.1.2.3" not in answer.text
