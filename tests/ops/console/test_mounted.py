"""The console below a prefix of another application: every link stays below it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from ingenious_ops.serving import create_app
from ingenious_storage import Storage
from tests.ops.console.reading import links, main, parsed, said, send

PREFIX = "/tools%20of/store-%C3%BC"
"""As it is sent: with what has to be escaped."""


@pytest.fixture
def mounted(storage: Storage) -> Iterator[TestClient]:
    app = Starlette(routes=[Mount(unquote(PREFIX), create_app(storage))])
    with TestClient(app, "http://127.0.0.1", follow_redirects=False) as client:
        yield client


def test_every_address_of_every_page_is_below_the_prefix(
    mounted: TestClient, storage: Storage
) -> None:
    storage.memory.save_memory("a/b", {"messages": [{"role": "user", "content": "hello"}]})
    storage.memory.save_memory("a/b", {"messages": []})
    storage.prompts.create_set("s", {"a.md": "a"})
    storage.prompts.set_label("production", "s")
    storage.catalogue.sync()
    seen, waiting = set[str](), [f"{PREFIX}/console"]
    while waiting:
        url = waiting.pop()
        answer = mounted.get(url)
        assert answer.status_code == 200, url
        seen.add(url)
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        for element in parsed(answer).iter():
            for name in ("href", "src", "action", "hx-get", "hx-post"):
                found = element.get(name, PREFIX)
                assert found.startswith((PREFIX, "#")), f"{url}: {element.tag} {found}"
            found = element.get("href", "").partition("#")[0]
            if found and found not in seen and len(seen) + len(waiting) < 80:
                waiting.append(found)
    assert len(seen) > 20


def test_a_form_leads_back_below_the_prefix(mounted: TestClient, storage: Storage) -> None:
    storage.memory.save_memory("a/b", {"messages": []})
    page = mounted.get(f"{PREFIX}/console/conversation/delete?id=a%2Fb")
    answer = send(mounted, page, "/delete", reason="asked to")
    assert answer.headers["location"] == f"{PREFIX}/console/conversation?id=a%2Fb"
    assert f"Path={PREFIX}/console" in answer.headers["set-cookie"]
    assert "done, as revision 2" in said(main(mounted.get(answer.headers["location"])))


def test_the_section_of_a_page_is_marked(mounted: TestClient) -> None:
    page = parsed(mounted.get(f"{PREFIX}/console/conversations"))
    assert [
        said(each) for each in page.iterfind(".//nav[@aria-label='Main']//a[@aria-current]")
    ] == ["Conversations"]


def test_an_error_below_the_prefix(mounted: TestClient) -> None:
    answer = mounted.get(f"{PREFIX}/console/nothing")
    assert answer.status_code == 404
    assert links(main(answer)) == {"overview": f"{PREFIX}/console"}
    assert mounted.get(f"{PREFIX}/console/").headers["location"] == f"{PREFIX}/console"
