"""Problems: every error has a status and a code, and tells neither secrets nor what was sent."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import orjson
import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.testclient import TestClient

import ingenious_ops.api.errors
from ingenious_ops.api.problems import LOGGER, problem_of
from ingenious_ops.api.statuses import STATUS, status_of
from ingenious_storage import errors
from ingenious_storage.errors import StorageError

PROBLEM = "application/problem+json"
HOST = "account.blob.example.net"


def kinds(kind: type[StorageError] = StorageError) -> Iterator[type[StorageError]]:
    """All errors of the library and of the API."""
    for each in kind.__subclasses__():
        yield from kinds(each)
        if each.__module__.startswith(("ingenious_storage.", "ingenious_ops.api.")):
            yield each


KINDS = sorted(set(kinds()), key=lambda kind: kind.__name__)


def made(kind: type[StorageError]) -> StorageError:
    if kind is errors.CommitUnknownError:
        return errors.CommitUnknownError(f"at {HOST}", write_id="0123456789abcdef")
    return kind(f"at {HOST}", hint=f"Look at {HOST}.")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_has_a_status(kind: type[StorageError]) -> None:
    assert any(each in STATUS for each in kind.__mro__), "give it one in api/statuses.py"
    answer = problem_of(made(kind))
    assert answer.status_code == status_of(made(kind)) >= 300
    if answer.status_code == 304:
        assert answer.body == b""
        return
    body = orjson.loads(answer.body)
    assert answer.media_type == PROBLEM
    assert (body["status"], body["code"]) == (answer.status_code, kind.code)
    assert {"type", "title", "status", "code", "detail", "hint", "request_id"} <= body.keys()
    tells = answer.status_code < 500 and kind is not errors.PlainIndexRefusedError
    assert (HOST.encode() in answer.body) == tells


def test_what_an_unknown_outcome_says() -> None:
    body = orjson.loads(problem_of(made(errors.CommitUnknownError)).body)
    assert body["outcome_unknown"] is True
    assert "Idempotency-Key" in body["hint"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 409), ({"if-match": '"1-a"'}, 412), ({"if-none-match": "*"}, 412)],
    ids=["no condition", "If-Match", "If-None-Match"],
)
def test_a_conflict_is_412_for_who_named_a_condition(headers: dict[str, str], status: int) -> None:
    assert problem_of(errors.ConflictError("x"), headers).status_code == status
    assert problem_of(errors.AlreadyExistsError("x"), headers).status_code == status


def test_headers_of_problems() -> None:
    throttled = problem_of(errors.ThrottledError("x", retry_after=2.1))
    assert (throttled.status_code, throttled.headers["retry-after"]) == (503, "3")
    assert problem_of(errors.UnavailableError("x")).headers["retry-after"] == "1"
    nobody = problem_of(ingenious_ops.api.errors.UnauthenticatedError("x"))
    assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, "Bearer")
    assert "retry-after" not in problem_of(errors.NotFoundError("x")).headers


class Thing(BaseModel):
    count: int


@pytest.fixture
def broken(app: FastAPI) -> FastAPI:
    """With routes that fail in each way."""

    @app.get("/fault")
    async def fault() -> None:
        raise ZeroDivisionError("secret")

    @app.get("/leak")
    async def leak() -> None:
        raise errors.UnavailableError(f"at {HOST}")

    @app.post("/things")
    async def things(thing: Thing, limit: int = 1) -> int:
        return thing.count + limit

    @app.get("/things")
    async def list_things() -> list[int]:
        return []

    return app


def test_a_fault_is_a_problem(
    broken: FastAPI, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, LOGGER):
        answer = client.get("/fault", headers={"X-Request-Id": "abc-1"})
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
    assert answer.json()["code"] == "internal_error"
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "abc-1"
    [record] = [each for each in caplog.records if each.name == LOGGER]
    assert "abc-1" in record.getMessage()
    assert record.exc_info


def test_the_log_names_the_host_and_the_answer_does_not(
    broken: FastAPI, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, LOGGER):
        answer = client.get("/leak")
    assert answer.status_code == 503
    assert HOST not in answer.text
    [record] = [each for each in caplog.records if each.name == LOGGER]
    assert HOST in record.getMessage()
    assert answer.json()["request_id"] in record.getMessage()


@pytest.mark.parametrize(
    "sent",
    ["a b", "a" * 129, "x\u00e9", "", "a;b"],
    ids=["space", "long", "not ASCII", "empty", "semicolon"],
)
def test_a_strange_request_id_is_replaced(client: TestClient, sent: str) -> None:
    answer = client.get("/nowhere", headers=[(b"X-Request-Id", sent.encode("latin-1"))])
    assert len(answer.headers["x-request-id"]) == 32


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"count": "secret-x"}', 422),
        (b'{"secret-x": 1}', 422),
        (b'{"count": NaN}', 422),
        (b'{"count": "\\ud800secret-x"}', 422),
        (b'{"count": {"\\ud800secret-x": 1}}', 422),
        (b"secret-x", 400),
        (b"", 422),
        (b"\xff\xfe", 400),
    ],
    ids=["wrong", "missing", "NaN", "surrogate", "surrogate name", "no JSON", "none", "bytes"],
)
def test_a_body_that_does_not_fit(
    broken: FastAPI, client: TestClient, body: bytes, status: int
) -> None:
    answer = client.post("/things", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    assert answer.json()["code"] in ("invalid_request", "bad_request")
    assert "secret-x" not in answer.text


def test_nowhere_and_no_such_method(broken: FastAPI, client: TestClient) -> None:
    nowhere = client.get("/nowhere")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not_found")
    assert "/openapi.json" in nowhere.json()["hint"]
    for path in ("/things", "/livez", "/console/static/console.css"):
        refused = client.delete(path)
        assert (refused.status_code, refused.json()["code"]) == (405, "method_not_allowed")
        assert refused.headers["allow"] == client.options(path).headers["allow"]
    assert client.delete("/things").headers["allow"] == "GET, HEAD, OPTIONS, POST"


def test_options_and_head(broken: FastAPI, client: TestClient) -> None:
    options = client.options("/things")
    assert (options.status_code, options.content) == (204, b"")
    assert options.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert client.options("/nowhere").status_code == 404
    head, got = client.head("/things"), client.get("/things")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"] == "2"
    assert client.head("/console/static/console.css").status_code == 200
    assert client.head("/nowhere").status_code == 404
    assert client.head("/leak").status_code == 503
