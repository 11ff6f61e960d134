"""`/api/v1/sets`: list, create, read, commit, delete, rollback, restore, erase."""

from __future__ import annotations

from typing import Any

import pytest

from ingenious_ops.api.etags import etag_of
from ingenious_storage import PromptLibrary
from tests.ops.api.paging import pages
from tests.ops.api.prompts.conftest import Call


def test_sets_are_listed_by_pages(call: Call, prompts: PromptLibrary) -> None:
    for name in ("r", "s-1", "t", "gone"):
        prompts.create_set(name)
    prompts.delete_set("gone")
    seen = list[str]()
    for answer in pages(lambda **given: call("GET", "sets", params=given), limit=2):
        seen += [each["name"] for each in answer.json()["sets"]]
        prompts.create_set(f"a{len(seen)}")  # before what was seen: no page has it
    assert seen == ["r", "s-1", "s", "t"]
    item = call("GET", "sets", params={"limit": 1}).json()["sets"][0]
    assert item.keys() == {"name", "size", "changed"}
    call("GET", "sets", params={"page": "nonsense"}, status=400)
    call("GET", "sets", params={"limit": 0}, status=422)


def test_a_set_is_created(call: Call, prompts: PromptLibrary) -> None:
    made = call(
        "POST", "sets", json={"name": "n", "files": {"x.md": "X"}, "message": "m"}, status=201
    )
    assert made.headers["Location"] == "/api/v1/sets/n"
    newest = prompts.history("n")[0]
    assert made.headers["ETag"] == etag_of(newest)
    assert (newest.author, newest.message) == ("anonymous", "m")
    assert made.json()["revision"]["write_id"] == newest.write_id
    body = {"name": "from-label", "source": "@production", "files": {"x.md": "X"}}
    call("POST", "sets", json=body, status=201)
    assert prompts.get_set("from-label") == {"a.md": "two\n", "b/c.txt": "c", "x.md": "X"}
    call("POST", "sets", json={"name": "copy", "source": "s"}, status=201)
    assert prompts.get("copy", "a.md") == "three\n"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "s"}, 409, "already_exists"),
        ({"name": "No Name"}, 422, "invalid_key"),
        ({"name": "n", "files": {"a/../b": ""}}, 422, "invalid_key"),
        ({"name": "n", "files": {"a": "", "a/b": ""}}, 422, "invalid_data"),
        ({"name": "n", "source": "never"}, 404, "prompt_not_found"),
        ({"name": "n", "source": "@never"}, 404, "prompt_not_found"),
        ({"name": 1}, 422, "invalid_request"),
        ({"name": "n", "files": {"a": 1}}, 422, "invalid_request"),
        ({"name": "n", "more": 1}, 422, "invalid_request"),
        ({}, 422, "invalid_request"),
        ([], 422, "invalid_request"),
    ],
    ids=str,
)
def test_a_set_that_is_not_created(call: Call, body: Any, status: int, code: str) -> None:
    assert call("POST", "sets", json=body, status=status).json()["code"] == code


def test_bodies_that_are_no_json(call: Call) -> None:
    json = {"Content-Type": "application/json"}
    call("POST", "sets", content=b"{", headers=json, status=400)
    call("POST", "sets", content=b'{"name": "\\ud800"}', headers=json, status=400)
    call("POST", "sets", content=b"\xff", headers=json, status=400)
    call("POST", "sets", content=b'{"name":"n","name":"m"}', headers=json, status=422)
    call("POST", "sets", content=b"{}", headers={"Content-Type": "text/plain"}, status=415)


def test_a_set_is_read(call: Call, prompts: PromptLibrary) -> None:
    answer = call("GET", "sets/s")
    assert answer.json()["files"] == {"a.md": "three\n", "b/c.txt": "c"}
    assert answer.headers["ETag"] == etag_of(prompts.history("s")[0])
    old = call("GET", "sets/s", params={"revision": 2})
    assert old.json()["revision"]["tags"] == ["t"]
    assert old.json()["files"]["a.md"] == "two\n"
    held = {"If-None-Match": answer.headers["ETag"]}
    assert call("GET", "sets/s", headers=held, status=304).content == b""
    call("GET", "sets/s", headers={"If-None-Match": old.headers["ETag"]})
    call("GET", "sets/s", headers={"If-Match": old.headers["ETag"]}, status=412)
    call("GET", "sets/s", params={"revision": 9}, status=404)
    call("GET", "sets/s", params={"revision": "x"}, status=422)
    call("GET", "sets/never", status=404)
    call("GET", "sets/No%20Name", status=422)


def test_several_files_are_committed_at_once(call: Call, prompts: PromptLibrary) -> None:
    changes = {"a.md": "four\n", "b/c.txt": None, "d.md": "d"}
    body = {"changes": changes, "message": "m", "tags": ["x", "y"]}
    seen = call("GET", "sets/s").headers["ETag"]
    made = call("POST", "sets/s/commits", json=body, headers={"If-Match": seen})
    newest = prompts.history("s")[0]
    assert made.headers["ETag"] == etag_of(newest)
    assert (newest.number, newest.message, newest.tags) == (4, "m", ("x", "y"))
    assert prompts.get_set("s") == {"a.md": "four\n", "d.md": "d"}
    stale = call("POST", "sets/s/commits", json=body, headers={"If-Match": seen}, status=412)
    assert stale.json()["code"] == "conflict"
    call("POST", "sets/s/commits", json={"changes": {"e": "e"}})  # on top of whatever is there
    for wrong, status in (
        ({"changes": {}}, 422),
        ({"changes": {"a.md": 1}}, 422),
        ({"changes": {"a.md/x": ""}}, 422),
        ({"message": "m"}, 422),
    ):
        call("POST", "sets/s/commits", json=wrong, status=status)
    call("POST", "sets/never/commits", json=body, status=404)
    assert len(prompts.history("s")) == 5


@pytest.mark.parametrize(
    "condition",
    [
        {"If-Match": '"99-0123456789abcdef"'},
        {"If-Match": '"3-0123456789abcdef"'},
        {"If-Match": '"something-else"'},
        {"If-None-Match": "*"},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "sets/s/commits", {"changes": {"a.md": "x"}}),
        ("POST", "sets/s/rollback", {"revision": 1}),
        ("POST", "sets/s/restore", {}),
        ("DELETE", "sets/s", None),
    ],
    ids=str,
)
def test_a_condition_that_does_not_hold(
    call: Call,
    prompts: PromptLibrary,
    *,
    method: str,
    path: str,
    body: Any,
    condition: dict[str, str],
) -> None:
    call(method, path, json=body, headers=condition, status=412)
    assert len(prompts.history("s")) == 3


def test_a_set_is_deleted_and_restored(call: Call, prompts: PromptLibrary) -> None:
    seen = call("GET", "sets/s").headers["ETag"]
    gone = call("DELETE", "sets/s", params={"message": "old"}, headers={"If-Match": seen})
    assert gone.json()["revision"]["deleted"] is True
    assert prompts.history("s")[0].message == "old"
    call("GET", "sets/s", status=404)
    call("DELETE", "sets/s", status=404)
    call("POST", "sets/s/restore", headers={"If-Match": seen}, status=412)
    deleted = {"If-Match": gone.headers["ETag"]}
    back = call("POST", "sets/s/restore", json={"message": "needed"}, headers=deleted)
    assert back.json()["revision"]["message"] == "needed"
    assert prompts.get("s", "a.md") == "three\n"
    assert call("POST", "sets/s/restore").json()["revision"]["number"] == 5
    call("POST", "sets/never/restore", status=404)


def test_an_old_revision_is_the_newest_again(call: Call, prompts: PromptLibrary) -> None:
    body = {"revision": 1, "message": "bad release"}
    made = call("POST", "sets/s/rollback", json=body).json()["revision"]
    assert (made["number"], made["message"]) == (4, "bad release")
    assert prompts.get("s", "a.md") == "one\n"
    call("POST", "sets/s/rollback", json={"revision": 9}, status=404)
    call("POST", "sets/s/rollback", json={"revision": 0}, status=422)
    call("POST", "sets/s/rollback", json={}, status=422)
    call("POST", "sets/never/rollback", json=body, status=404)


def test_a_set_is_erased_when_no_label_pins_it(call: Call, prompts: PromptLibrary) -> None:
    refused = call("POST", "sets/s/erase", status=409).json()
    assert "production" in refused["detail"]
    prompts.delete_label("production")
    receipt = call("POST", "sets/s/erase").json()
    assert (receipt["set"], receipt["revisions"]) == ("s", 3)
    assert list(prompts.list_sets()) == []
    call("GET", "sets/s/revisions", status=404)
    call("POST", "sets/s/erase", status=404)


def test_what_was_changed_since_is_not_erased(call: Call, prompts: PromptLibrary) -> None:
    prompts.delete_label("production")
    seen = call("GET", "sets/s").headers["ETag"]
    prompts.commit("s", {"a.md": "four\n"})
    for stale in ({"If-Match": seen}, {"If-Match": f'{seen}, "1-ab"'}, {"If-Match": 'W/"4-ab"'}):
        call("POST", "sets/s/erase", headers=stale, status=412)
    call("POST", "sets/s/erase", headers={"If-None-Match": "*"}, status=400)
    assert len(prompts.history("s")) == 4
    newest = call("DELETE", "sets/s").headers["ETag"]
    receipt = call("POST", "sets/s/erase", headers={"If-Match": newest})
    assert receipt.json()["revisions"] == 5
    call("POST", "sets/s/erase", headers={"If-Match": newest}, status=404)
