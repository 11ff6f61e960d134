"""The history of a set, by pages, and what differs between two revisions."""

from __future__ import annotations

import pytest

from ingenious_storage import PromptLibrary
from tests.ops.api.paging import pages
from tests.ops.api.prompts.conftest import Call


def test_revisions_by_pages(call: Call, prompts: PromptLibrary) -> None:
    for number in range(4, 8):
        prompts.commit("s", {"a.md": str(number)})
    prompts.delete_set("s")
    seen = list[int]()
    for answer in pages(lambda **given: call("GET", "sets/s/revisions", params=given), limit=3):
        seen += [each["number"] for each in answer.json()["revisions"]]
        prompts.restore_set("s")  # newer than what was seen: no page has it
    assert seen == [8, 7, 6, 5, 4, 3, 2, 1]
    call("GET", "sets/never/revisions", status=404)
    other = call("GET", "sets", params={"limit": 1})
    assert other.json()["next"] is None
    call("GET", "sets/s/revisions", params={"page": "x"}, status=400)


def test_a_commit_in_the_middle_of_a_page(
    call: Call, prompts: PromptLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_revisions = PromptLibrary.kept_revisions

    def with_a_commit(library: PromptLibrary, name: str) -> range:
        kept = kept_revisions(library, name)
        library.commit(name, {"a.md": f"after {kept}"})
        return kept

    monkeypatch.setattr(PromptLibrary, "kept_revisions", with_a_commit)
    seen = list[int]()
    for answer in pages(lambda **given: call("GET", "sets/s/revisions", params=given), limit=1):
        seen += [each["number"] for each in answer.json()["revisions"]]
    assert seen == [3, 2, 1]


def test_a_page_token_is_of_one_history(call: Call, prompts: PromptLibrary) -> None:
    prompts.create_set("t", {"a": ""})
    token = call("GET", "sets/s/revisions", params={"limit": 1}).json()["next"]
    call("GET", "sets/t/revisions", params={"limit": 1, "page": token}, status=400)


def test_what_differs_line_by_line(call: Call, prompts: PromptLibrary) -> None:
    text = "".join(f"line {number}\n" for number in range(20))
    prompts.commit("s", {"long.md": text, "b/c.txt": None})
    prompts.commit("s", {"long.md": text.replace("line 9\n", "nine\n"), "new.md": "n"})
    found = call("GET", "sets/s/diff", params={"from": 3, "to": 5}).json()
    assert (found["set"], found["from"], found["to"]) == ("s", 3, 5)
    assert [(each["path"], each["status"]) for each in found["files"]] == [
        ("b/c.txt", "removed"),
        ("long.md", "added"),
        ("new.md", "added"),
    ]
    found = call("GET", "sets/s/diff", params={"from": 4}).json()["files"][0]
    assert (found["path"], found["status"], len(found["hunks"])) == ("long.md", "changed", 1)
    assert [line for line in found["hunks"][0] if line["op"] != " "] == [
        {"op": "-", "old": 10, "new": None, "text": "line 9\n"},
        {"op": "+", "old": None, "new": 10, "text": "nine\n"},
    ]
    assert len(found["hunks"][0]) == 8
    assert call("GET", "sets/s/diff", params={"from": 5, "to": 5}).json()["files"] == []


def test_what_differs_as_text(call: Call, prompts: PromptLibrary) -> None:
    params = {"from": "1", "to": "2", "format": "text"}
    answer = call("GET", "sets/s/diff", params=params)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.text == prompts.diff("s", 1, 2)
    held = {"If-None-Match": answer.headers["ETag"]}
    call("GET", "sets/s/diff", params=params, headers=held, status=304)


def test_differences_of_what_is_not_there(call: Call) -> None:
    call("GET", "sets/s/diff", status=422)
    call("GET", "sets/s/diff", params={"from": 1, "format": "html"}, status=422)
    call("GET", "sets/s/diff", params={"from": 9}, status=404)
    call("GET", "sets/never/diff", params={"from": 1}, status=404)
