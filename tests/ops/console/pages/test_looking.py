"""Pages that show conversations: the list, messages, JSON, history, comparisons."""

from __future__ import annotations

from urllib.parse import urlencode

import orjson
import pytest
from starlette.testclient import TestClient

from ingenious_ops.console import listing
from ingenious_storage import Storage
from tests.ops.console.reading import links, main, said


def _at(page: str, **query: object) -> str:
    return f"/console/{page}?{urlencode(query)}"


def test_the_list_has_every_conversation_with_its_newest_revision(
    client: TestClient, storage: Storage, told: str
) -> None:
    storage.memory.save_memory("other", [1])
    found = main(client.get("/console/conversations"))
    rows = [said(row) for row in found.iter("tr")][1:]
    assert rows == [
        f"{told} 3 7 min ago maria Turn 3 {_size(storage, told)}",
        "other 1 now unnamed 3 B",
    ]
    assert links(found)[told] == _at("conversation", id=told)


def _size(storage: Storage, name: str) -> str:
    return f"{storage.memory.snapshot(name).revision.size} B"


def test_a_damaged_conversation_hides_no_other(client: TestClient, storage: Storage) -> None:
    for name in ("first", "second", "third"):
        storage.memory.save_memory(name, {})
    storage.data.save_text(storage.memory.kind.key("second"), "{damaged")
    found = main(client.get("/console/conversations"))
    rows = [said(row) for row in found.iter("tr")][1:]
    assert [row.split()[0] for row in rows] == ["first", "second", "third"]
    assert "damaged corrupt_object" in rows[1]
    assert client.get(_at("conversation", id="second")).status_code == 500


def test_a_list_by_prefix_page_by_page(
    client: TestClient, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PER_PAGE", 2)
    for name in ("a/1", "a/2", "a/3", "a/4", "a/5", "b"):
        storage.memory.save_memory(name, {})
    seen, url = list[str](), _at("conversations", prefix="a/")
    for _ in range(3):
        page = main(client.get(url))
        seen += [said(row[0]) for row in page.iter("tr")][1:]
        url = links(page).get("Next page →", "")
    assert seen == ["a/1", "a/2", "a/3", "a/4", "a/5"]
    assert url == ""


def test_a_page_of_deleted_ones_alone_is_passed_over(
    client: TestClient, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PER_PAGE", 2)
    for name in ("a", "b", "c", "d", "e"):
        storage.memory.save_memory(name, {})
    for name in ("a", "b", "c", "d"):
        storage.memory.delete_memory(name)
    page = main(client.get("/console/conversations"))
    assert [said(row[0]) for row in page.iter("tr")][1:] == ["e"]


def test_a_page_that_nobody_was_led_to(client: TestClient) -> None:
    assert client.get(_at("conversations", after="made-up")).status_code == 400


def test_a_list_without_conversations_says_so(client: TestClient) -> None:
    assert "There is no conversation yet." in said(main(client.get("/console/conversations")))
    found = main(client.get("/console/conversations?prefix=x"))
    assert "No conversation id begins so." in said(found)


def test_messages_in_their_order(client: TestClient, told: str) -> None:
    page = main(client.get(_at("conversation", id=told)))
    assert [said(each) for each in page.findall(".//ol[@class='messages']/li")] == [
        "user1 May I sail on 12 May?",
        "assistant2 You may.",
        "user3 Thank you",
    ]
    assert "Revision 3" in said(page)
    assert "maria" in said(page)


def test_an_old_revision_says_that_it_is_old(client: TestClient, told: str) -> None:
    page = main(client.get(_at("conversation", id=told, revision=1)))
    assert len(page.findall(".//ol[@class='messages']/li")) == 1
    assert "This is revision 1. The newest is revision 3." in said(page)


def test_many_messages_are_shown_from_the_end(client: TestClient, storage: Storage) -> None:
    messages = [{"role": "user", "content": f"word-{number}"} for number in range(1, 121)]
    storage.memory.save_memory("long", {"messages": messages})
    page = main(client.get(_at("conversation", id="long")))
    assert "Messages 71 to 120 of 120" in said(page)
    assert "word-120" in said(page)
    earlier = main(client.get(links(page)["← Earlier messages"]))
    assert "Messages 21 to 70 of 120" in said(earlier)
    assert "word-20 " not in said(earlier)


def test_json_of_another_shape_is_a_tree(client: TestClient, storage: Storage) -> None:
    storage.memory.save_memory("facts", {"name": "Ana", "likes": ["sea", {"rail": True}]})
    page = main(client.get(_at("conversation", id="facts")))
    assert said(page.find(".//ul[@class='tree']")) == (  # type: ignore[arg-type]
        '{2} name: "Ana" likes [2] 0: "sea" 1 {1} rail: true'
    )


def test_the_json_and_its_download(client: TestClient, storage: Storage, told: str) -> None:
    page = main(client.get(_at("conversation/raw", id=told, revision=2)))
    data = storage.memory.load_memory(told, revision=2)
    assert orjson.loads("".join(page.find(".//pre").itertext())) == data  # type: ignore[union-attr]
    answer = client.get(links(page)["Download"])
    assert orjson.loads(answer.content) == data
    assert answer.headers["content-disposition"] == (
        'attachment; filename="44-20-7946-more-revision-2.json"'
    )
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_history_is_a_time_line(client: TestClient, told: str) -> None:
    page = main(client.get(_at("conversation/history", id=told)))
    items = page.findall(".//ol/li")[1:]
    assert [said(item[1][0]) for item in items] == ["3 newest Turn 3", "2", "1"]
    assert "maria · now · 2026-03-02 09:21 UTC" in said(items[0])
    assert said(items[0]).count("prod") == 1
    assert "Roll back to revision 1" in links(page)
    assert "Roll back to revision 3" not in links(page)


def test_a_long_history_page_by_page(
    client: TestClient, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PER_PAGE", 40)
    for number in range(1, 91):
        storage.memory.save_memory("busy", {"n": number})
    seen, url = list[str](), _at("conversation/history", id="busy")
    while url:
        page = main(client.get(url))
        seen += [said(item[1][0][0]) for item in page.findall(".//ol/li")[1:]]
        url = links(page).get("Older →", "")
    assert seen == [str(number) for number in range(90, 0, -1)]


def test_two_revisions_side_by_side_whichever_comes_first(client: TestClient, told: str) -> None:
    page = main(client.get(_at("conversation/diff", id=told, **{"from": 3, "to": 1})))
    assert "Revision 1 and revision 3" in said(page)
    assert '+ "content": "You may."' in said(page)
    assert page.findall(".//span[@aria-label='removed']") == []


def test_a_deleted_conversation_keeps_its_history(
    client: TestClient, storage: Storage, told: str
) -> None:
    storage.memory.delete_memory(told, author="maria", message="asked to")
    page = main(client.get(_at("conversation", id=told)))
    assert "was deleted now by maria: asked to" in said(page)
    history = client.get(_at("conversation/history", id=told))
    assert "4 newest deletion asked to" in said(main(history))
    assert "Thank you" in said(main(client.get(_at("conversation", id=told, revision=3))))


@pytest.mark.parametrize(
    ("url", "status", "says"),
    [
        (_at("conversation", id="none"), 404, "memory_not_found"),
        (_at("conversation", id="none", revision=2), 404, "memory_not_found"),
        (_at("conversation/raw", id="none"), 404, "memory_not_found"),
        (_at("conversation/history", id="none"), 404, "memory_not_found"),
        ("/console/conversation", 422, "invalid_request"),
        (_at("conversation", id="x", revision="first"), 422, "invalid_request"),
        ("/console/nothing/at/all", 404, "not_found"),
    ],
)
def test_what_is_not_there_is_a_page_with_a_code(
    client: TestClient, url: str, status: int, says: str
) -> None:
    answer = client.get(url)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert says in said(main(answer))


def test_a_revision_that_is_not_there(client: TestClient, told: str) -> None:
    answer = client.get(_at("conversation", id=told, revision=9))
    assert answer.status_code == 404
    assert "revision_not_found" in said(main(answer))
