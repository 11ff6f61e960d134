"""What every page has: headers, a frame that fits who looks, files that are really there."""

from __future__ import annotations

import base64

import orjson
import pytest
from starlette.testclient import TestClient

from ingenious_ops.console.rendering import POLICY
from ingenious_storage import Storage
from tests.ops.console.reading import main, parsed, said, send

PAGES = [
    "/console",
    "/console/conversations",
    "/console/agents",
    "/console/search",
    "/console/conversation?id=none",
]


@pytest.mark.parametrize("url", PAGES)
def test_the_policy_lets_nothing_run_that_is_not_a_file_of_ours(
    client: TestClient, url: str
) -> None:
    answer = client.get(url)
    assert answer.headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    page = parsed(answer)
    for element in page.iter():
        assert "style" not in element.attrib
        assert not [name for name in element.attrib if name.startswith("on")]
    assert all(each.get("src") for each in page.iter("script"))
    assert not list(page.iter("style"))


@pytest.mark.parametrize("url", PAGES)
def test_a_page_can_be_found_one_s_way_in(client: TestClient, url: str) -> None:
    page = parsed(client.get(url))
    assert page.get("lang") == "en"
    assert len(list(page.iter("main"))) == 1
    assert len(list(page.iter("h1"))) == 1
    ids = [each.get("id") for each in page.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    for name in ("for", "aria-labelledby", "aria-describedby"):
        assert {each.get(name) for each in page.iter() if each.get(name)} <= set(ids)


def test_the_files_of_a_page_are_there_and_change_their_address(client: TestClient) -> None:
    page = parsed(client.get("/console"))
    found = [each.get("src") or each.get("href") for each in page.find("head") or ()]
    files = [url for url in found if url]
    assert len(files) > 4
    for url in files:
        assert client.get(url).status_code == 200
        assert "?v=" in url


@pytest.mark.parametrize(
    "value",
    [
        "",
        "%%%",
        base64.urlsafe_b64encode(b"[1,2,3]").decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        base64.urlsafe_b64encode(orjson.dumps(["bold", "text"])).decode(),
        base64.urlsafe_b64encode(orjson.dumps(["ok", {"a": 1}])).decode(),
    ],
)
def test_a_flash_that_nobody_here_has_made(client: TestClient, value: str) -> None:
    client.cookies.set("ingenious_flash", value)
    page = parsed(client.get("/console"))
    assert page.findall(".//div[@class='flash ok']") == []


def test_the_cookie_of_a_flash_is_for_this_console_alone(
    client: TestClient, storage: Storage
) -> None:
    storage.memory.save_memory("a", {})
    page = client.get("/console/conversation/delete?id=a")
    cookie = send(client, page, "/delete", reason="x").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/console" in cookie


def test_a_fault_of_the_program_is_a_page_without_its_words(
    client: TestClient, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the secret of the program")

    monkeypatch.setattr(type(storage.memory), "history", broken)
    storage.memory.save_memory("a", {})
    answer = client.get("/console/conversation/history?id=a")
    assert answer.status_code == 500
    assert "internal_error" in said(main(answer))
    assert "secret" not in answer.text
