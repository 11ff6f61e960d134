"""Signing in and out of the console."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from ingenious_storage import Storage
from tests.ops.console.signing import console, csrf_of, grant, key_of, settings_of, sign_in

KEY, OLD = key_of("ada"), key_of("bob")


@pytest.fixture
def client() -> Iterator[TestClient]:
    """A console that takes one key, of an editor of prompts."""
    ada = grant("ada", role="editor", containers="revisions")
    bob = grant("bob", role="admin", expires=datetime(2020, 1, 1, tzinfo=UTC))
    with Storage(settings_of({"ada": ada, "bob": bob})) as storage, console(storage) as client:
        yield client


def test_a_page_leads_to_signing_in_and_back(client: TestClient) -> None:
    away = client.get("/console/me?x=1")
    assert away.status_code == 303
    assert away.headers["location"] == "/console/login?next=%2Fconsole%2Fme%3Fx%3D1"
    form = client.get(away.headers["location"])
    assert form.status_code == 200
    answer = client.post(
        "/console/login",
        data={"credential": KEY, "csrf": csrf_of(form.text), "next": "/console/me?x=1"},
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/me?x=1")
    mine = client.get("/console/me")
    assert "key:ada" in mine.text
    assert "editor" in mine.text
    assert "admin" not in mine.text


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/console",
        "//evil.example/console",
        "/\\evil.example/console",
        "\\\\evil.example",
        "/console/../api",
        "/console/%2e%2e/api",
        "/console//evil.example",
        "/consolexyz",
        "/console/me\r\nX-Header: 1",
        "javascript:alert(1)",
        "\t//evil.example",
        "",
        "/console@evil.example",
    ],
)
def test_nobody_is_led_elsewhere(client: TestClient, target: str) -> None:
    answer = sign_in(client, KEY, next=target)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/console"


@pytest.mark.parametrize(
    "credential", ["", "isk_" + "x" * 43, OLD, "a.b.c", "\N{SNOWMAN}", "x" * 9000]
)
def test_who_is_not_known_stays_outside(client: TestClient, credential: str) -> None:
    answer = sign_in(client, credential, next="/console/me")
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert 'role="alert"' in answer.text
    assert 'value="/console/me"' in answer.text  # the way back is kept
    assert not credential or credential not in answer.text
    assert client.get("/console/me").status_code == 303


def test_the_session_ends_when_somebody_signs_out(client: TestClient) -> None:
    sign_in(client, KEY)
    token = csrf_of(client.get("/console/me").text)
    answer = client.post("/console/logout", data={"csrf": token})
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/login")
    assert client.get("/console/me").status_code == 303
    assert "You are signed out." in client.get("/console/login").text


def test_who_is_signed_in_is_led_on(client: TestClient) -> None:
    sign_in(client, KEY)
    answer = client.get("/console/login?next=/console/labels")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/labels")


def test_a_key_of_prompts_does_not_open_what_agents_keep(client: TestClient) -> None:
    sign_in(client, KEY)
    assert client.get("/console/sets").status_code == 200
    for page in ("conversations", "agents", "agents/document?key=k", "agents/history?key=k"):
        answer = client.get(f"/console/{page}")
        assert answer.status_code == 403
        assert "forbidden" in answer.text


def test_where_nobody_signs_in_everybody_may_do_everything() -> None:
    with Storage(settings_of({})) as storage, console(storage) as client:
        assert client.get("/console/login").headers["location"] == "/console"
        mine = client.get("/console/me").text
    assert "anonymous" in mine
    assert mine.count("look, change and erase") == 2
    assert "Sign out" not in mine
