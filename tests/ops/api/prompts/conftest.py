from __future__ import annotations

from typing import Any, Protocol

import pytest
from starlette.testclient import TestClient

from ingenious_storage import PromptLibrary, Storage


class Call(Protocol):
    def __call__(self, method: str, path: str, *, status: int = 200, **options: Any) -> Any: ...


@pytest.fixture
def prompts(storage: Storage) -> PromptLibrary:
    """Set `s` with three revisions of `a.md` and one of `b/c.txt`; `production` on the second."""
    library = storage.prompts
    library.create_set("s", {"a.md": "one\n", "b/c.txt": "c"}, author="ann")
    library.commit("s", {"a.md": "two\n"}, author="ben", message="why", tags=["t"])
    library.commit("s", {"a.md": "three\n"})
    library.set_label("production", "s", revision=2, author="ann", message="go")
    return library


@pytest.fixture
def call(client: TestClient, prompts: PromptLibrary) -> Call:
    """A request below /api/v1, whose answer must have `status`; every success has an ETag."""

    def call(method: str, path: str, *, status: int = 200, **options: Any) -> Any:
        answer = client.request(method, f"/api/v1/{path}", **options)
        assert answer.status_code == status, answer.text
        if status < 400:
            assert answer.headers["ETag"][0] == '"'
        else:
            assert answer.headers["Content-Type"] == "application/problem+json"
        return answer

    return call
