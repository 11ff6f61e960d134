"""`/api/v1/labels`: where they are, were and go."""

from __future__ import annotations

from typing import Any

import pytest

from ingenious_ops.api.etags import etag_of
from ingenious_storage import PromptLibrary
from tests.ops.api.paging import pages
from tests.ops.api.prompts.conftest import Call


def test_labels_are_listed_by_pages(call: Call, prompts: PromptLibrary) -> None:
    for name in ("canary", "test", "gone"):
        prompts.set_label(name, "s")
    prompts.delete_label("gone")
    first = call("GET", "labels", params={"limit": 2}).json()
    assert [each["label"] for each in first["labels"]] == ["canary", "production"]
    rest = call("GET", "labels", params={"limit": 2, "page": first["next"]}).json()
    assert ([each["label"] for each in rest["labels"]], rest["next"]) == (["test"], None)
    call("GET", "labels", params={"page": "x"}, status=400)


def test_a_label_is_read(call: Call, prompts: PromptLibrary) -> None:
    answer = call("GET", "labels/production")
    found, label = answer.json(), prompts.get_label("production")
    assert (found["set"], found["number"], found["moved"]["author"]) == ("s", 2, "ann")
    assert answer.headers["ETag"] == etag_of(label.moved)
    held = {"If-None-Match": answer.headers["ETag"]}
    call("GET", "labels/production", headers=held, status=304)
    call("GET", "labels/never", status=404)


def test_a_label_moves_from_where_it_was_seen(call: Call, prompts: PromptLibrary) -> None:
    seen = {"If-Match": call("GET", "labels/production").headers["ETag"]}
    body = {"set": "s", "revision": 3, "message": "release"}
    moved = call("PUT", "labels/production", json=body, headers=seen)
    label = prompts.get_label("production")
    assert (label.number, label.moved.author, label.moved.message) == (3, "anonymous", "release")
    assert moved.headers["ETag"] == etag_of(label.moved)
    assert moved.json()["write_id"] == label.write_id
    call("PUT", "labels/production", json={**body, "revision": 1}, headers=seen, status=412)
    call("PUT", "labels/production", json=body, status=428)
    call("PUT", "labels/production", json=body, headers={"If-None-Match": "*"}, status=412)
    assert prompts.get_label("production") == label


@pytest.mark.parametrize(
    ("label", "body", "status"),
    [
        ("new", {"set": "never", "revision": 1}, 404),
        ("new", {"set": "s", "revision": 9}, 404),
        ("new", {"set": "s"}, 422),
        ("new", {"set": "s", "revision": "1"}, 422),
        ("new", {"set": "S S", "revision": 1}, 422),
        ("New", {"set": "s", "revision": 1}, 422),
    ],
    ids=str,
)
def test_a_label_that_is_not_made(
    call: Call, prompts: PromptLibrary, label: str, body: Any, status: int
) -> None:
    call("PUT", f"labels/{label}", json=body, headers={"If-None-Match": "*"}, status=status)
    assert [each.name for each in prompts.list_labels()] == ["production"]


def test_a_label_is_deleted_and_made_again(call: Call, prompts: PromptLibrary) -> None:
    seen = {"If-Match": call("GET", "labels/production").headers["ETag"]}
    call("DELETE", "labels/production", headers={"If-Match": '"7-00"'}, status=412)
    call("DELETE", "labels/production", headers=seen, params={"message": "over"})
    call("GET", "labels/production", status=404)
    call("DELETE", "labels/production", status=404)
    again = call(
        "PUT",
        "labels/production",
        json={"set": "s", "revision": 1},
        headers={"If-None-Match": "*"},
    )
    assert again.json()["moved"]["number"] == 3


def test_where_a_label_was(call: Call, prompts: PromptLibrary) -> None:
    prompts.delete_label("production")
    for revision in (1, 3, 2):
        prompts.set_label("production", "s", revision=revision)
    path, seen = "labels/production/history", list[list[int]]()
    for answer in pages(lambda **given: call("GET", path, params=given), limit=1):
        seen.append([each["number"] for each in answer.json()["history"]])
    assert seen == [[2], [3], [1], [2]]
    call("GET", "labels/never/history", status=404)


def test_a_move_in_the_middle_of_a_page(
    call: Call, prompts: PromptLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    for revision in (1, 3):
        prompts.set_label("production", "s", revision=revision)
    kept_revisions = PromptLibrary.kept_label_revisions

    def with_a_move(library: PromptLibrary, label: str) -> range:
        kept = kept_revisions(library, label)
        library.set_label(label, "s", revision=1 + kept.stop % 3)
        return kept

    monkeypatch.setattr(PromptLibrary, "kept_label_revisions", with_a_move)
    path, seen = "labels/production/history", list[int]()
    for answer in pages(lambda **given: call("GET", path, params=given), limit=1):
        seen += [each["number"] for each in answer.json()["history"]]
    assert seen == [3, 1, 2]


def test_what_a_label_pins_is_read(call: Call, prompts: PromptLibrary) -> None:
    answer = call("GET", "labels/production/files/a.md")
    assert answer.text == "two\n"
    assert answer.headers["Content-Location"] == "/api/v1/sets/s/files/a.md?revision=2"
    held = {"If-None-Match": answer.headers["ETag"]}
    call("GET", "labels/production/files/a.md", headers=held, status=304)
    prompts.commit("s", {"a.md": "four"})
    call("GET", "labels/production/files/a.md", headers=held, status=304)
    prompts.set_label("production", "s")
    assert call("GET", "labels/production/files/a.md", headers=held).text == "four"
    call("GET", "labels/production/files/never", status=404)
    call("GET", "labels/never/files/a.md", status=404)
    prompts.delete_set("s")
    assert call("GET", "labels/production/files/a.md").text == "four"
