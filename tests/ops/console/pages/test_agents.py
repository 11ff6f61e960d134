"""Pages of what adapters keep: frameworks, their documents, one with its history."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from ingenious_ops.console import listing
from ingenious_storage import Storage
from tests.ops.console.reading import links, main, said

PERSON = "+44 20/7946 & <b>more</b>?"


def _at(page: str, **query: object) -> str:
    return f"/console/{page}?{urlencode(query)}"


def _turn(turn: int, _: object) -> Any:
    return {"n": turn, "b": b"xyz"}


@pytest.fixture
def key(storage: Storage) -> str:
    """Of a document of three revisions, beside one of the same person and one of LangGraph's."""
    at = storage.agents("agent-framework")
    for turn in range(3):
        at.change(PERSON, "audit", leaf="history", fn=partial(_turn, turn))
    at.change(PERSON, "", leaf="session", fn=lambda _: {})
    storage.agents("langgraph").change("", "", leaf="checkpoints", fn=lambda _: [])
    return at.key(PERSON, "audit", leaf="history")


def rows(page: object) -> list[str]:
    return [said(row) for row in page.iter("tr")][1:]  # type: ignore[attr-defined]


def test_the_list_has_the_documents_of_the_first_framework_or_the_chosen_one(
    client: TestClient, storage: Storage, key: str
) -> None:
    found = main(client.get("/console/agents"))
    size = storage.agents("agent-framework").store.history(key)[0].size
    first, second = rows(found)
    assert first.startswith(f"{PERSON} / audit history 3 ")
    assert first.endswith(f" {size} B")
    assert second.startswith(f"{PERSON} session 1 ")
    assert links(found)[f"{PERSON} / audit"] == _at("agents/document", key=key)
    other = main(client.get(links(found)["langgraph"]))
    assert rows(other)[0].startswith("(without a name) checkpoints 1 ")


def test_a_document_is_shown_with_bytes_as_their_length(client: TestClient, key: str) -> None:
    page = main(client.get(_at("agents/document", key=key)))
    shown = page.find(".//pre")
    assert shown is not None
    assert said(shown) == '{ "n": 2, "b": "<3 bytes>" }'
    assert said(page).startswith("Agents / agent-framework / history " + PERSON)
    old = main(client.get(_at("agents/document", key=key, revision=1)))
    assert "This is revision 1. The newest is revision 3." in said(old)
    assert '"n": 0' in said(old)


def test_the_history_leads_to_each_revision(
    client: TestClient, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PER_PAGE", 2)
    newest = main(client.get(_at("agents/history", key=key)))
    assert [said(each) for each in newest.iter("strong")] == ["3", "2"]
    oldest = main(client.get(links(newest)["Older →"]))
    assert [said(each) for each in oldest.iter("strong")] == ["1"]
    assert '"n": 0' in said(main(client.get(links(oldest)["Open revision 1"])))


def test_a_deleted_document_is_not_listed_and_has_its_history(
    client: TestClient, storage: Storage, key: str
) -> None:
    storage.agents("agent-framework").store.delete(key)
    assert len(rows(main(client.get("/console/agents")))) == 1
    page = main(client.get(_at("agents/document", key=key)))
    assert "This document was deleted" in said(page)
    page = main(client.get(links(page)["look at it"]))
    assert [said(each) for each in page.iter("strong")] == ["4", "3", "2", "1"]


def test_a_damaged_document_hides_no_other(client: TestClient, storage: Storage, key: str) -> None:
    storage.data.save_bytes(key, b"\xd6igd damaged")
    found = rows(main(client.get("/console/agents")))
    assert len(found) == 2
    assert "damaged unsupported_format" in found[0]


def test_many_documents_page_by_page(
    client: TestClient, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PER_PAGE", 2)
    at = storage.agents("langgraph")
    for name in "abcde":
        at.change(name, leaf="checkpoints", fn=lambda _: [])
    seen, url = list[str](), "/console/agents"
    for _ in range(3):
        page = main(client.get(url))
        seen += [row.split()[0] for row in rows(page)]
        url = links(page).get("Next page →", "")
    assert (seen, url) == (list("abcde"), "")


def test_nothing_is_kept_yet(client: TestClient) -> None:
    assert "No framework keeps anything here yet." in said(main(client.get("/console/agents")))


@pytest.mark.parametrize(
    ("url", "status"),
    [
        (_at("agents/document", key="conversations/a/memory.json"), 404),
        (_at("agents/document", key="agents/f/a/history.msgpack"), 404),
        (_at("agents/history", key="agents/../x"), 404),
        (_at("agents", framework="../memory"), 422),
        (_at("agents", after="made-up"), 200),  # there is no list that it could be of
    ],
)
def test_what_nobody_was_led_to(client: TestClient, url: str, status: int) -> None:
    assert client.get(url).status_code == status
