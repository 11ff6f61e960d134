"""What somebody wrote is on the answer, whatever the store does with the commit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn

import pytest
from starlette.testclient import TestClient

from ingenious_storage import Revision, Storage
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.documents.writing.pauses import Pauses
from ingenious_storage.errors import UnavailableError
from tests.ops.console.signing import console, csrf_of
from tests.support.faults import Call, FaultyBackend, Request

TEXT = "written with care"


@pytest.fixture
def store() -> FaultyBackend:
    return FaultyBackend(InMemoryBackend(create=True))


@pytest.fixture
def storage(store: FaultyBackend) -> Iterator[Storage]:
    # Nobody waits here until a store is back.
    chosen = StorageSettings.model_validate({"type": "inmemory", "retry": {"deadline": 0.05}})
    settings = Settings(storage=chosen)
    with Storage(settings, backend=lambda *_: store) as storage:
        pauses = Pauses(deadline=0.05)
        object.__setattr__(storage.prompts.documents._committer, "pauses", pauses)
        storage.prompts.create_set("s", {"a.md": "a"})
        yield storage


@pytest.fixture
def client(storage: Storage) -> Iterator[TestClient]:
    with console(storage) as client:
        yield client


def fields(client: TestClient, seen: Revision) -> dict[str, object]:
    return {
        "csrf": csrf_of(client.get("/console/set/new").text),
        "set": "s",
        "expected": f"{seen.number}-{seen.write_id}",
        "do": "commit",
        "original": "a.md",
        "name": "a.md",
        "text": TEXT,
        "mine": "",
        "reason": "because",
    }


def _away(_request: Request, _call: Call) -> NoReturn:
    raise UnavailableError("the store is out of reach")


def _unknown(_request: Request, call: Call) -> NoReturn:
    call()
    raise UnavailableError("no answer came", outcome_unknown=True)


@pytest.mark.parametrize("writes_only", [True, False])
def test_an_outage(
    client: TestClient, storage: Storage, store: FaultyBackend, writes_only: bool
) -> None:
    sent = fields(client, storage.prompts.history("s")[0])
    store.rule = lambda request: _away if request.writes or not writes_only else None
    answer = client.post("/console/set/edit", data=sent)
    assert answer.status_code == 503
    assert f"\n{TEXT}</textarea>" in answer.text
    assert 'value="because"' in answer.text
    assert "out of reach" in answer.text
    store.rule = None
    assert client.post("/console/set/edit", data=sent).status_code == 303
    assert storage.prompts.get("s", "a.md") == TEXT


def test_a_lost_answer_is_one_revision(
    client: TestClient, storage: Storage, store: FaultyBackend
) -> None:
    sent = fields(client, storage.prompts.history("s")[0])
    store.rule = lambda request: _unknown if request.writes else None
    assert client.post("/console/set/edit", data=sent).status_code in (303, 503)
    store.rule = None
    assert client.post("/console/set/edit", data=sent).status_code == 303
    assert len(storage.prompts.history("s")) == 2


def test_a_set_that_was_erased(client: TestClient, storage: Storage) -> None:
    sent = fields(client, storage.prompts.history("s")[0])
    storage.prompts.purge_set("s")
    answer = client.post("/console/set/edit", data=sent)
    assert answer.status_code == 404
    assert f"\n{TEXT}</textarea>" in answer.text


def test_a_revision_of_another_lineage(client: TestClient, storage: Storage) -> None:
    sent = fields(client, storage.prompts.history("s")[0])
    storage.prompts.purge_set("s")
    storage.prompts.create_set("s", {"a.md": "another"})
    answer = client.post("/console/set/edit", data=sent)
    assert answer.status_code == 409
    assert TEXT in answer.text
    assert storage.prompts.get("s", "a.md") == "another"
