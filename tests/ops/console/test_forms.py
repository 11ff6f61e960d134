"""No form of the console does anything that a page of it did not send, or for who may not."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from ingenious_ops.console import ROUTERS
from ingenious_storage import Storage
from tests.ops.console.signing import console, csrf_of, grant, key_of, settings_of, sign_in

FORMS = sorted(
    route.path
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute) and route.methods and "POST" in route.methods
)
READERS = ("/console/login", "/console/logout", "/console/search/sync")
"""What readers may send: nothing that is stored changes."""
CHANGES = [path for path in FORMS if path not in READERS]
OF_PROMPTS = [path for path in CHANGES if path.startswith(("/console/set", "/console/label"))]


@pytest.fixture
def storage() -> Iterator[Storage]:
    keys = {
        "ada": grant("ada", role="admin"),
        "rob": grant("rob", role="reader"),
    }
    with Storage(settings_of(keys)) as storage:
        storage.prompts.create_set("s", {"a.md": "a"})
        storage.prompts.set_label("production", "s")
        storage.memory.save_memory("s", {"messages": []})
        yield storage


@pytest.fixture
def client(storage: Storage) -> Iterator[TestClient]:
    """Signed in as who may do everything."""
    with console(storage) as client:
        sign_in(client, key_of("ada"))
        yield client


def fields(storage: Storage) -> dict[str, object]:
    """What makes every form valid, but for its token."""
    newest = storage.prompts.history("s")[0]
    return {
        "name": "s",
        "id": "s",
        "set": "s",
        "set_name": "s",
        "revision": 1,
        "expected": f"{newest.number}-{newest.write_id}",
        "do": "commit",
        "original": "a.md",
        "text": "b",
        "mine": "",
        "reason": "because",
    }


def state(storage: Storage) -> list[object]:
    prompts = storage.prompts
    return [
        *prompts.list_sets(),
        *prompts.history("s"),
        *prompts.list_labels(),
        *storage.memory.history("s"),
    ]


def test_there_are_forms() -> None:
    assert len(CHANGES) > 8


@pytest.mark.parametrize(
    ("path", "token"),
    [
        *itertools.product(FORMS, [None, "", "wrong.token"]),
        # The form that signs in takes a token of nobody.
        *itertools.product([path for path in FORMS if path != "/console/login"], ["of another"]),
    ],
)
def test_a_form_without_its_token(
    client: TestClient, storage: Storage, path: str, token: str | None
) -> None:
    before = state(storage)
    data = fields(storage)
    if token == "of another":
        with console(storage) as other:
            token = csrf_of(other.get("/console/login").text)
    if token is not None:
        data["csrf"] = token
    answer = client.post(path, data=data)
    assert answer.status_code == 403
    assert state(storage) == before


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize(
    "sent",
    [
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="cross-site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, id="same-site"),
        pytest.param({"Sec-Fetch-Site": "none"}, id="typed"),
        pytest.param({"Sec-Fetch-Site": "", "Origin": "https://evil.example"}, id="origin"),
        pytest.param({"Origin": "https://evil.example"}, id="other-origin"),
    ],
)
def test_a_form_of_another_site(
    client: TestClient, storage: Storage, path: str, sent: dict[str, str]
) -> None:
    before = state(storage)
    token = csrf_of(client.get("/console/me").text)
    answer = client.post(path, data={**fields(storage), "csrf": token}, headers=sent)
    assert answer.status_code == 403
    assert state(storage) == before


@pytest.mark.parametrize("path", CHANGES)
def test_a_reader_changes_nothing(storage: Storage, path: str) -> None:
    before = state(storage)
    with console(storage) as client:
        sign_in(client, key_of("rob"))
        token = csrf_of(client.get("/console/me").text)
        answer = client.post(path, data={**fields(storage), "csrf": token})
        assert answer.status_code == 403
    assert state(storage) == before


@pytest.mark.parametrize("path", CHANGES)
def test_nobody_changes_nothing(storage: Storage, path: str) -> None:
    before = state(storage)
    with console(storage) as client:
        answer = client.post(path, data=fields(storage))
        assert (answer.status_code, answer.headers["location"]) == (303, "/console/login")
    assert state(storage) == before


@pytest.mark.parametrize("path", OF_PROMPTS)
def test_the_token_is_what_was_missing(client: TestClient, storage: Storage, path: str) -> None:
    """Else the tests above would pass whatever the token is."""
    token = csrf_of(client.get("/console/me").text)
    answer = client.post(path, data={**fields(storage), "csrf": token})
    assert answer.status_code != 403


@pytest.mark.parametrize(
    "path",
    ["/console/sets", "/console/set?name=s", "/console/labels", "/console/set/history?name=s"],
)
def test_a_reader_is_shown_nothing_that_changes(storage: Storage, path: str) -> None:
    with console(storage) as client:
        sign_in(client, key_of("rob"))
        shown = client.get(path).text
    for word in ("set/edit", "set/new", "set/delete", "set/rollback", "label/new", "label/move"):
        assert f"/console/{word}?name" not in shown
        assert f'href="/console/{word}"' not in shown
