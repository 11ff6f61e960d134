"""The route of search: what may be seen, in pages, with excerpts in pieces."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ingenious_ops.api.identity.api_keys import digest_of, new_key
from ingenious_ops.serving import create_app
from ingenious_storage import Storage
from ingenious_storage.config import ApiKey, ApiSettings, Settings, StorageSettings
from tests.ops.api.paging import pages

PATH = "/api/v1/search"
KEYS = {name: new_key() for name in ("all", "memories", "prompts")}
CONTAINERS = {"all": ["data", "revisions"], "memories": "data", "prompts": "revisions"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    given = {"type": "inmemory", "catalogue": {"path": tmp_path / "index.db"}}
    keys = {
        name: ApiKey.model_validate(
            {"sha256": digest_of(key), "role": "reader", "containers": CONTAINERS[name]}
        )
        for name, key in KEYS.items()
    }
    return Settings(storage=StorageSettings.model_validate(given), api=ApiSettings(keys=keys))


@pytest.fixture
def filled(storage: Storage) -> Storage:
    for number in range(7):
        said = {"messages": [{"role": "user", "content": f"A refund for order {number}"}]}
        storage.memory.save_memory(f"c-{number}", said, author="jo", tags=[f"t{number % 2}"])
    storage.prompts.create_set("support", {"a.md": "Grant a refund"}, author="kim")
    storage.prompts.set_label("production", "support", message="refund")
    storage.memory.delete_memory("c-6")
    storage.catalogue.sync()
    return storage


def ask(client: TestClient, who: str = "all", **params: Any) -> Any:
    headers = {"Authorization": f"Bearer {KEYS[who]}", **params.pop("headers", {})}
    return client.get(PATH, params=params, headers=headers)


def names(answer: Any) -> set[str]:
    assert answer.status_code == 200
    return {hit["name"] for hit in answer.json()["hits"]}


def test_what_is_found_and_how_it_is_shown(client: TestClient, filled: Storage) -> None:
    answer = ask(client, q="refund order", author="jo", kind="memory", tag=["t1"])
    assert names(answer) == {"c-1", "c-3", "c-5"}
    hit = answer.json()["hits"][0]
    assert (hit["kind"], hit["revision"], hit["author"], hit["deleted"]) == (
        "memory",
        1,
        "jo",
        False,
    )
    assert {piece["text"] for piece in hit["excerpt"] if piece["hit"]} == {"refund", "order"}
    assert answer.json()["synced_at"]
    assert names(ask(client, q="refund", after="2126-01-01")) == set()
    assert "c-1" in names(ask(client, q="refund", before="2126-01-01T00:00:00Z"))


def test_in_pages(client: TestClient, filled: Storage) -> None:
    wanted: dict[str, Any] = {"q": "refund", "kind": "memory", "limit": 2}
    found = [answer.json() for answer in pages(partial(ask, client), **wanted)]
    seen = [hit["name"] for page in found for hit in page["hits"]]
    assert sorted(seen) == [f"c-{number}" for number in range(6)]
    other = ask(client, **{**wanted, "q": "order", "page": found[0]["next"]})
    assert other.status_code == 400


def test_nobody_finds_what_they_may_not_read(client: TestClient, filled: Storage) -> None:
    everything = {f"c-{number}" for number in range(6)} | {"support"}
    assert names(ask(client, q="refund")) >= everything
    assert names(ask(client, "memories", q="refund")) == everything - {"support"}
    assert "support" in names(ask(client, "prompts", q="refund", kind="prompts"))
    for who, kind in (("memories", "prompts"), ("memories", "label"), ("prompts", "memory")):
        answer = ask(client, who, q="refund", kind=kind)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert names(ask(client, "memories", q="refund kind:prompts")) == set()
    assert names(ask(client, "prompts", q="refund kind:memory", kind="prompts")) == set()
    assert ask(client, "prompts", q="refund").status_code == 403
    assert client.get(PATH, params={"q": "refund"}).status_code == 401


def test_who_holds_the_answer_gets_304(client: TestClient, filled: Storage) -> None:
    tag = ask(client, q="refund").headers["ETag"]
    assert ask(client, q="refund", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    "params", [{"kind": "x"}, {"limit": 0}, {"limit": 101}, {"after": "yesterday"}], ids=str
)
def test_what_means_nothing_is_refused(
    client: TestClient, filled: Storage, params: dict[str, Any]
) -> None:
    answer = ask(client, q="refund", **params)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_without_an_index_it_says_so(client: TestClient) -> None:
    answer = ask(client, q="refund")
    assert (answer.status_code, answer.json()["code"]) == (503, "index_missing")
    assert "index sync" in answer.json()["hint"]


def test_where_the_text_may_not_lie_on_the_disk_nobody_may_search(tmp_path: Path) -> None:
    encryption = {"provider": "key_file", "key_file": tmp_path / "vault.key"}
    given = {"type": "inmemory", "encryption": encryption}
    settings = Settings(storage=StorageSettings.model_validate(given))
    with (
        Storage(settings) as storage,
        TestClient(create_app(storage), "http://127.0.0.1") as client,
    ):
        answer = client.get(PATH, params={"q": "refund"})
    assert (answer.status_code, answer.json()["code"]) == (403, "plain_index_refused")
    assert "storage.catalogue.plain_index" in answer.json()["hint"]
    assert str(tmp_path) not in answer.text
