"""The whole of /openapi.json against the application: what it promises is what is answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, settings
from schemathesis.config import SchemathesisConfig
from starlette.types import Receive, Scope, Send

from ingenious_ops.serving import create_app
from ingenious_storage import Storage
from ingenious_storage.config import ApiSettings, Settings, StorageSettings

EXAMPLES = 8
"""Of each operation; all of them together take half a minute."""
CONFIG = SchemathesisConfig.from_dict(
    {
        # Failures of one run are not kept in the folder that the tests were started in.
        "cache": {"enabled": False},
        "checks": {
            # What fits the schema may be no page token, or find another state than it thought.
            "positive_data_acceptance": {
                "expected-statuses": [200, 201, 204, 304, 400, 404, 409, 412, 413, 422, 428, 503]
            },
            "negative_data_rejection": {
                "expected-statuses": [400, 401, 403, 404, 405, 412, 413, 414, 415, 422, 428, 431]
            },
        },
    }
)


def new_app() -> tuple[Storage, FastAPI]:
    """With something to find by the names of the examples."""
    storage = Storage(Settings(storage=StorageSettings(type="inmemory")))
    storage.memory.save_memory("0", {"messages": [{"role": "user", "content": "hello"}]})
    storage.prompts.create_set("support", {"system.md": "You are kind."})
    storage.prompts.create_set("quickstart-1", {"triage.jinja": "Sort {{ ticket }}."})
    storage.prompts.set_label("production", "support")
    storage.catalogue.sync()
    return storage, create_app(storage, console=False)


class Loopback:
    """The application as loopback calls it: an open one answers for nobody else."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = [each for each in scope["headers"] if each[0] != b"host"]
            scope = {**scope, "headers": [*headers, (b"host", b"127.0.0.1")]}
        await self.app(scope, receive, send)


STORAGE, APP = new_app()
SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", Loopback(APP), config=CONFIG)


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    yield
    STORAGE.close()


@pytest.mark.slow
@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_answer_breaks_the_contract(case: Any) -> None:
    case.call_and_validate()


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, methods in APP.openapi()["paths"].items()
        for method, operation in methods.items()
    ]


def _all_say(check: Callable[[dict[str, Any]], object]) -> list[str]:
    return [f"{method} {path}" for method, path, one in operations() if not check(one)]


def test_every_operation_is_described() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names)) > 30
    assert _all_say(lambda one: one.get("tags") and one.get("summary")) == []
    assert _all_say(lambda one: one.get("description")) == []
    every = {"400", "401", "403", "405", "408", "413", "414", "421", "422", "431", "500", "503"}
    assert _all_say(lambda one: every <= one["responses"].keys()) == []


def test_problems_are_documented_as_problems() -> None:
    for _, path, operation in operations():
        if "framework" in operation["tags"]:
            continue  # its clients know other bodies
        for status, response in operation["responses"].items():
            if status >= "400":
                assert list(response["content"]) == ["application/problem+json"], (path, status)


def test_an_application_that_knows_who_asks_says_how() -> None:
    digest = {"sha256": "0" * 64, "role": "reader"}
    closed = Settings(
        storage=StorageSettings(type="inmemory"),
        api=ApiSettings.model_validate({"keys": {"robot": digest}}),
    )
    with Storage(closed) as storage:
        found = create_app(storage).openapi()
    assert found["security"] == [{"bearer": []}, {"api_key": []}]
    assert APP.openapi()["security"] == [{}]
    assert found["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
