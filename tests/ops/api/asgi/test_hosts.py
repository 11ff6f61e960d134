"""Headers of all answers, and who may ask while nobody has to say who they are."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from ingenious_ops.listening.addresses import is_loopback

PATHS = ["/livez", "/nowhere", "/api/v1/memories/x", "/openapi.json", "/%zz"]


@pytest.mark.parametrize("path", PATHS)
def test_headers_of_every_answer(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert len(headers["x-request-id"]) == 32
    assert "server" not in headers


def test_a_page_has_its_own_policy(client: TestClient) -> None:
    page = client.get("/console/nowhere")
    assert page.status_code == 404
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe-inline" not in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:8080", 200),
        ("localhost:1", 200),
        ("a.localhost", 200),
        ("[::1]:8080", 200),
        ("LOCALHOST", 200),
        ("evil.example.com", 421),
        ("localhost.example.com", 421),
        ("127.0.0.1.example.com", 421),
        ("169.254.169.254", 421),
        ("evil@127.0.0.1x", 421),
        ("[", 421),
        ("", 421),
    ],
)
def test_an_open_server_answers_for_this_machine_alone(
    client: TestClient, host: str, status: int
) -> None:
    answer = client.get("/livez", headers={"Host": host})
    assert answer.status_code == status
    if status == 421:
        assert answer.json()["code"] == "wrong_host"


@pytest.mark.parametrize(("address", "status"), [("127.0.0.1", 200), ("192.0.2.7", 403)])
def test_an_open_application_is_closed_to_other_machines(
    app: FastAPI, address: str, status: int
) -> None:
    host = Starlette(routes=[Mount("/storage", app)])
    client = TestClient(host, "http://localhost", client=(address, 50_000))
    assert client.get("/storage/livez").status_code == status


@pytest.mark.parametrize("header", ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host"])
def test_an_open_server_answers_no_proxy(client: TestClient, header: str) -> None:
    """One on this machine has our address, and often our name in Host, whoever asks it."""
    answer = client.get("/api/v1/memories", headers={header: "203.0.113.9"})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("name", "found"),
    [("0.0.0.0", False), ("::", False), ("::1", True), ("127.9.9.9", True), ("x.example", False)],
)
def test_what_is_loopback(name: str, found: bool) -> None:
    assert is_loopback(name) is found
