"""Idempotency-Key of prompts: a repetition meets its own revision, whatever condition it has."""

from __future__ import annotations

from typing import Any

import pytest

from ingenious_storage import PromptLibrary
from tests.ops.api.prompts.conftest import Call

REQUESTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "commit": ("POST", "sets/s/commits", {"json": {"changes": {"a.md": "x"}}}),
    "file": ("PUT", "sets/s/files/a.md", {"content": b"x"}),
    "delete a file": ("DELETE", "sets/s/files/a.md", {}),
    "rollback": ("POST", "sets/s/rollback", {"json": {"revision": 1}}),
    "delete": ("DELETE", "sets/s", {}),
    "move": ("PUT", "labels/production", {"json": {"set": "s", "revision": 3}}),
    "delete a label": ("DELETE", "labels/production", {}),
}


@pytest.mark.parametrize("act", REQUESTS)
@pytest.mark.parametrize("condition", ["*", "its ETag", "one of two"])
def test_a_repetition_is_the_same_revision(
    call: Call, prompts: PromptLibrary, act: str, condition: str
) -> None:
    method, path, given = REQUESTS[act]
    one = "/".join(path.split("/")[:2])
    seen = call("GET", one).headers["ETag"]
    match = {"*": "*", "its ETag": seen, "one of two": f'"9-ab", {seen}'}[condition]
    headers = {"Idempotency-Key": "k", "If-Match": match}
    if "content" in given:
        headers["Content-Type"] = "text/plain"
    first, second = (call(method, path, headers=headers, **given) for _ in range(2))
    assert first.headers["ETag"] == second.headers["ETag"] != seen
    assert first.json() == second.json()
    assert (len(prompts.history("s")), len(prompts.label_history("production"))) in {
        (4, 1),
        (3, 2),
        (3, 1),
    }


def test_one_of_two_that_are_both_old_is_refused(call: Call, prompts: PromptLibrary) -> None:
    seen = call("GET", "sets/s").headers["ETag"]
    prompts.commit("s", {"a.md": "four\n"})
    for method, path, given in REQUESTS.values():
        if path.startswith("sets/"):
            headers = {"If-Match": f'{seen}, "9-ab"', "Content-Type": "text/plain"}
            headers = headers if "content" in given else {"If-Match": headers["If-Match"]}
            call(method, path, headers=headers, status=412, **given)
    assert len(prompts.history("s")) == 4
