"""`/api/v1/sets/{set}/files/{path}`: a file as its text."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from ingenious_ops.api.etags import etag_of
from ingenious_storage import PromptLibrary
from tests.ops.api.prompts.conftest import Call

TEXT = {"Content-Type": "text/plain; charset=utf-8"}


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [("a.md", "three\n", "text/markdown"), ("b/c.txt", "c", "text/plain")],
)
def test_a_file_is_read(
    call: Call, prompts: PromptLibrary, path: str, text: str, kind: str
) -> None:
    answer = call("GET", f"sets/s/files/{path}")
    assert answer.text == text
    assert answer.headers["Content-Type"] == f"{kind}; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["ETag"] == etag_of(prompts.history("s")[0])
    escaped = path.replace("/", "%2F")
    assert call("GET", f"sets/s/files/{escaped}").text == text
    held = {"If-None-Match": answer.headers["ETag"]}
    assert call("GET", f"sets/s/files/{path}", headers=held, status=304).content == b""


def test_a_file_at_a_revision(call: Call) -> None:
    assert call("GET", "sets/s/files/a.md", params={"revision": 1}).text == "one\n"
    call("GET", "sets/s/files/a.md", params={"revision": 9}, status=404)
    call("GET", "sets/s/files/never.md", status=404)
    call("GET", "sets/never/files/a.md", status=404)
    call("GET", "sets/s/files/", status=404)


def test_a_file_is_changed_from_what_was_read(call: Call, prompts: PromptLibrary) -> None:
    seen = {"If-Match": call("GET", "sets/s/files/a.md").headers["ETag"]}
    params = {"message": "clearer", "tag": ["x", "y"]}
    made = call(
        "PUT", "sets/s/files/a.md", content="é\n".encode(), params=params, headers={**TEXT, **seen}
    )
    newest = prompts.history("s")[0]
    assert made.headers["ETag"] == etag_of(newest)
    assert (newest.author, newest.message, newest.tags) == ("anonymous", "clearer", ("x", "y"))
    assert prompts.get("s", "a.md") == "é\n"
    stale = {**TEXT, **seen}
    assert call("PUT", "sets/s/files/a.md", content=b"x", headers=stale, status=412)
    # The set is changed as a whole: another file's ETag is the same.
    call("PUT", "sets/s/files/b/c.txt", content=b"x", headers=stale, status=412)
    assert prompts.history("s")[0] == newest


def test_a_new_file(call: Call, prompts: PromptLibrary) -> None:
    new = {**TEXT, "If-None-Match": "*"}
    call("PUT", "sets/s/files/d/e.md", content=b"e", headers=new)
    assert prompts.get("s", "d/e.md") == "e"
    taken = call("PUT", "sets/s/files/d/e.md", content=b"f", headers=new, status=412)
    assert taken.json()["code"] == "already_exists"
    call("PUT", "sets/s/files/d", content=b"", headers=new, status=422)
    call("PUT", "sets/never/files/a", content=b"", headers=new, status=404)


def test_bodies_and_conditions_of_a_file(call: Call, prompts: PromptLibrary) -> None:
    path, any_ = "sets/s/files/a.md", {"If-Match": "*"}
    assert call("PUT", path, content=b"x", headers=TEXT, status=428).json()["code"]
    call("PUT", path, content=b"\xff", headers={**TEXT, **any_}, status=400)
    call("PUT", path, content=b"x", headers=any_, status=415)
    call("PUT", path, json="x", headers=any_, status=415)
    latin = {"Content-Type": "text/plain; charset=latin-1", **any_}
    call("PUT", path, content=b"x", headers=latin, status=415)
    call("PUT", path, content=b"x", headers={**TEXT, "If-Match": "3-abc"}, status=400)
    assert len(prompts.history("s")) == 3
    call("PUT", path, content=b"", headers={"Content-Type": "text/markdown", **any_})
    assert prompts.get("s", "a.md") == ""


def test_a_file_is_taken_out(call: Call, prompts: PromptLibrary) -> None:
    seen = {"If-Match": call("GET", "sets/s").headers["ETag"]}
    call("DELETE", "sets/s/files/b/c.txt", headers=seen, params={"message": "unused"})
    assert prompts.get_set("s") == {"a.md": "three\n"}
    assert prompts.history("s")[0].message == "unused"
    call("DELETE", "sets/s/files/b/c.txt", status=404)
    call("DELETE", "sets/s/files/a.md", headers=seen, status=412)
    call("DELETE", "sets/never/files/a.md", status=404)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("%2e%2e/a.md", 400),
        ("a.md%2F..%2F..%2Fx", 404),
        ("a%00.md", 404),
        ("a%5C.md", 404),
        ("%FF", 400),
        ("a%zz", 400),
        ("/a.md", 404),
    ],
)
def test_paths_that_are_no_file(call: Call, path: str, status: int) -> None:
    call("GET", f"sets/s/files/{path}", status=status)


@pytest.mark.parametrize(
    "path",
    [
        "sets/s/files/a.md",
        "sets/s/files/b%2Fc.txt",
        "sets/s/files/never",
        "sets/No%20Name/files/a.md",
        "sets/s/files/%FF",
        "labels/production/files/a.md",
        "labels/never/files/a.md",
    ],
)
@pytest.mark.parametrize("headers", [{}, {"If-None-Match": "*"}, {"If-Match": '"1-00"'}], ids=str)
def test_the_short_way_answers_as_the_general_one(
    client: TestClient, prompts: PromptLibrary, path: str, headers: dict[str, str]
) -> None:
    answers = [
        client.get(f"/api/v1/{path}{query}", headers={**headers, "X-Request-Id": "same"})
        for query in ("", "?x=1", "", "?x=1")
    ]
    assert len({answer.status_code for answer in answers}) == 1
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1
