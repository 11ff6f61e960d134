"""A console that takes keys, and a browser of the tests that signs in with one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256

from httpx2 import Response
from starlette.testclient import TestClient

from ingenious_ops.serving import create_app
from ingenious_storage import Storage
from ingenious_storage.config import ApiSettings, Settings, StorageSettings


def key_of(name: str) -> str:
    """The API key of this name."""
    return f"isk_{name:k<43}"


def grant(name: str, **granted: object) -> dict[str, object]:
    """The line of the configuration for it."""
    return {"sha256": sha256(key_of(name).encode()).hexdigest(), **granted}


def settings_of(keys: Mapping[str, Mapping[str, object]]) -> Settings:
    """In memory; without a key nobody has to sign in."""
    api = ApiSettings.model_validate({"keys": keys})
    return Settings(storage=StorageSettings(type="inmemory"), api=api)


@contextmanager
def console(storage: Storage) -> Iterator[TestClient]:
    """What a browser on this machine sends, when a page of the console is open in it."""
    with TestClient(
        create_app(storage),
        "http://127.0.0.1",
        follow_redirects=False,
        headers={"Sec-Fetch-Site": "same-origin"},
    ) as client:
        yield client


def csrf_of(page: str) -> str:
    """The token in the first form of a page."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found, page
    return found[1]


def sign_in(client: TestClient, credential: str, **more: str) -> Response:
    """Send the form of the page that asks for a key."""
    token = csrf_of(client.get("/console/login").text)
    data = {"credential": credential, "csrf": token, **more}
    answer: Response = client.post("/console/login", data=data)
    return answer
