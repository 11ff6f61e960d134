"""docs/api.md: its example of an error is a real one, and every route of ours is on it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from fastapi import FastAPI
from starlette.testclient import TestClient

PAGE = Path(__file__).parents[3] / "docs" / "api.md"


def test_the_example_of_an_error_is_what_is_answered(client: TestClient) -> None:
    block = re.search(r"```json\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert block is not None
    shown = json.loads(block[1])
    answer = client.get("/api/v1/memories/c-1")
    assert answer.status_code == shown["status"]
    assert {**shown, "request_id": answer.json()["request_id"]} == answer.json()


def test_every_route_is_on_the_page(app: FastAPI) -> None:
    page = PAGE.read_text("utf-8")
    paths = [path for path in app.openapi()["paths"] if path.startswith("/api/v1/")]
    assert len(paths) > 20
    for path in paths:
        last = [part for part in path.split("/") if part and not part.startswith("{")][-1]
        assert re.search(rf"\b{re.escape(last)}\b", page), path
