"""Signing in and out of the console."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from starlette.testclient import TestClient

from ingenious_ops.serving import create_app
from ingenious_storage import Storage
from ingenious_storage.config import ApiSettings, Settings, StorageSettings

KEY = "isk_" + "k" * 43
OLD = "isk_" + "o" * 43


def _settings(**keys: Mapping[str, object]) -> Settings:
    api = ApiSettings.model_validate({"keys": keys})
    return Settings(storage=StorageSettings(type="inmemory"), api=api)


@pytest.fixture
def client() -> Iterator[TestClient]:
    """A console that takes one key, of an editor of prompts."""
    ada = {"sha256": sha256(KEY.encode()).hexdigest(), "role": "editor", "containers": "revisions"}
    bob = {
        "sha256": sha256(OLD.encode()).hexdigest(),
        "role": "admin",
        "expires": datetime(2020, 1, 1, tzinfo=UTC),
    }
    with (
        Storage(_settings(ada=ada, bob=bob)) as storage,
        TestClient(create_app(storage), "http://127.0.0.1", follow_redirects=False) as client,
    ):
        client.headers["Sec-Fetch-Site"] = "same-origin"
        yield client


def csrf_of(text: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', text)
    assert found, text
    return found[1]


def sign_in(client: TestClient, credential: str, **more: str) -> object:
    token = csrf_of(client.get("/console/login").text)
    data = {"credential": credential, "csrf": token, **more}
    return client.post("/console/login", data=data)


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
    assert answer.status_code == 303  # type: ignore[attr-defined]
    assert answer.headers["location"] == "/console"  # type: ignore[attr-defined]
