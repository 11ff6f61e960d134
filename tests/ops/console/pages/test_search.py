"""Search: what is found, for whom, and what the page says when the index is missing or old."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from starlette.testclient import TestClient

from ingenious_ops.api.identity.principal import Principal
from ingenious_ops.api.identity.sessions import Sessions
from ingenious_ops.console import finding
from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from tests.ops.console.browser.harness import Clock
from tests.ops.console.reading import fields, form, links, main, said, send
from tests.ops.console.signing import console, grant, key_of, settings_of, sign_in
from tests.support.polling import eventually


def _url(**query: object) -> str:
    return f"/console/search?{urlencode(query)}"


def _names(client: TestClient, **query: object) -> list[str]:
    answer = client.get(_url(**query))
    assert answer.status_code == 200
    return [said(found) for found in main(answer).iterfind(".//h3/a")]


@pytest.fixture
def filled(storage: Storage) -> Storage:
    memory = storage.memory
    memory.save_memory("ferry", {"messages": [{"role": "user", "content": "A ticket to sail"}]})
    memory.save_memory("rail", ["A ticket by train"], author="maria", tags=["vip", "eu"])
    memory.save_memory("old", ["A ticket of last year"])
    memory.delete_memory("old")
    storage.prompts.create_set("support", {"system.md": "Sell a ticket"}, author="li")
    storage.prompts.set_label("production", "support", message="Release")
    storage.catalogue.sync()
    return storage


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"q": "sail"}, {"ferry"}),
        ({"q": "ticket"}, {"ferry", "rail", "support"}),
        ({"q": "tick*", "kind": "memory"}, {"ferry", "rail"}),
        ({"q": "ticket", "kind": "prompts"}, {"support"}),
        ({"q": "ticket", "deleted": 1}, {"ferry", "rail", "support", "old"}),
        ({"tag": "vip"}, {"rail"}),
        ({"tag": "vip eu"}, {"rail"}),
        ({"author": "maria"}, {"rail"}),
        ({"since": "2026-03-03"}, set()),
        ({"until": "2026-03-01"}, set()),
        (
            {"q": "ticket", "since": "2026-03-02", "until": "2026-03-02"},
            {"ferry", "rail", "support"},
        ),
        ({"q": "nothing"}, set()),
    ],
    ids=lambda value: urlencode(value) if isinstance(value, dict) else "",
)
def test_what_is_found(
    client: TestClient, filled: Storage, query: dict[str, object], names: set[str]
) -> None:
    assert set(_names(client, **query)) == names


def test_without_words_it_is_the_newest(client: TestClient, filled: Storage) -> None:
    page = main(client.get("/console/search"))
    assert [said(each) for each in page.iterfind(".//h3/a")] == [
        "production",
        "support",
        "rail",
        "ferry",
    ]
    assert "Newest first · indexed now" in said(page)


def test_words_are_marked_and_lead_to_their_page(client: TestClient, filled: Storage) -> None:
    page = main(client.get(_url(q="sail")))
    assert [said(each) for each in page.iter("mark")] == ["sail"]
    assert links(page)["ferry"] == "/console/conversation?id=ferry"
    assert client.get(links(page)["ferry"]).status_code == 200


def test_pages_of_results_keep_what_was_asked(
    client: TestClient, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "PER_PAGE", 2)
    for number in range(5):
        storage.memory.save_memory(f"c{number}", ["word"], tags=["t"])
    storage.catalogue.sync()
    seen, url = list[str](), _url(q="word", tag="t")
    while url:
        page = main(client.get(url))
        seen += [said(each) for each in page.iterfind(".//h3/a")]
        url = links(page).get("Next →", "")
        assert not url or parse_qs(urlsplit(url).query)["tag"] == ["t"]
    assert sorted(seen) == ["c0", "c1", "c2", "c3", "c4"]


def test_an_index_that_is_missing_is_made_from_the_page(
    client: TestClient, storage: Storage
) -> None:
    storage.memory.save_memory("ferry", ["sail"])
    page = client.get(_url(q="sail"))
    assert "Nothing is indexed on this server yet" in said(main(page))
    assert send(client, page, "/search/sync").headers["location"] == "/console/search"
    eventually(lambda: "up to date: 1 documents, 1 read" in client.get("/console/search/sync").text)
    assert _names(client, q="sail") == ["ferry"]


def test_an_old_index_says_so(client: TestClient, filled: Storage, clock: Clock) -> None:
    filled.catalogue._clock = clock
    filled.catalogue.sync()
    assert "what changed since is not found" not in client.get("/console/search").text
    clock.now += dt.timedelta(hours=2)
    page = client.get("/console/search")
    assert "indexed 2 h ago: what changed since is not found" in said(main(page))
    filled.memory.save_memory("new", ["sail"])
    send(client, page, "/search/sync")
    eventually(lambda: "up to date" in client.get("/console/search/sync").text)
    assert set(_names(client, q="sail")) == {"ferry", "new"}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"since": "yesterday"}, 400),
        ({"until": "9999-12-31"}, 400),
        ({"kind": "secrets"}, 400),
        ({"page": 0}, 422),
        ({"page": 251}, 422),
        ({"q": "w" * 1001}, 422),
    ],
)
def test_what_means_nothing(
    client: TestClient, filled: Storage, query: dict[str, object], status: int
) -> None:
    assert client.get(_url(**query)).status_code == status


@pytest.mark.parametrize("words", ['"', '"open', "*", "AND OR NOT", "a:b:c", "tag:", "(", "😀 ☃"])
def test_whatever_is_typed_gets_an_answer(client: TestClient, filled: Storage, words: str) -> None:
    answer = client.get(_url(q=words))
    assert answer.status_code == 200
    assert fields(form(answer, "/search"))["q"] == words


def test_an_encrypted_storage_says_why_it_has_no_index(tmp_path: Path) -> None:
    encryption = {"provider": "key_file", "key_file": tmp_path / "vault.key"}
    given = {"type": "inmemory", "encryption": encryption}
    settings = Settings(storage=StorageSettings.model_validate(given))
    with Storage(settings) as storage, console(storage) as client:
        answer = client.get("/console/search")
        assert answer.status_code == 200
        assert "plain_index_refused" in said(main(answer))
        overview = said(main(client.get("/console")))
        assert "plain_index_refused" in overview
        assert "There is no index yet" not in overview


@pytest.fixture
def half(filled: Storage) -> Iterator[TestClient]:
    """Somebody who may look at prompts alone."""
    keys = {"pia": grant("pia", role="reader", containers=["revisions"])}
    storage = Storage(settings_of(keys), containers=filled.containers)
    with storage, console(storage) as client:
        sign_in(client, key_of("pia"))
        yield client


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"q": "ticket"},
        {"q": "ticket kind:memory"},
        {"q": "ticket kind:memory", "kind": "prompts"},
    ],
    ids=urlencode,
)
def test_who_may_look_at_prompts_finds_no_conversation(
    half: TestClient, query: dict[str, object]
) -> None:
    assert not {"ferry", "rail", "old"} & set(_names(half, **query))


def test_who_may_look_at_prompts_cannot_ask_for_conversations(half: TestClient) -> None:
    assert half.get(_url(q="ticket", kind="memory")).status_code == 400
    page = half.get("/console")
    assert "ferry" not in page.text
    assert "Conversations" not in links(main(page))
    assert half.get("/console/conversation?id=ferry").status_code == 403


def test_who_has_no_role_is_shown_nothing(
    client: TestClient, filled: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = client.get("/console/search")
    monkeypatch.setattr(Sessions, "principal", lambda *_: Principal("eve", {}))
    for url in (_url(), _url(q="ticket"), _url(kind="memory"), "/console/conversations"):
        answer = client.get(url)
        assert answer.status_code == 403
        assert "forbidden" in said(main(answer))
    assert send(client, page, "/search/sync").status_code == 403
    overview = client.get("/console")
    assert overview.status_code == 200
    for name in ("ferry", "support", "production", "ticket", "inmemory"):
        assert name not in overview.text
    assert "Last changes" not in overview.text
