"""Forms that change a conversation: each says what was seen, and nobody's work is lost."""

from __future__ import annotations

from urllib.parse import urlencode

import orjson
import pytest
from starlette.testclient import TestClient

from ingenious_ops.erasure import receipt as receipts
from ingenious_storage import Storage
from ingenious_storage.errors import MemoryNotFoundError
from tests.ops.console.reading import fields, form, links, main, said, send


def _at(page: str, **query: object) -> str:
    return f"/console/{page}?{urlencode(query)}"


def test_a_rollback_with_its_reason(client: TestClient, storage: Storage, told: str) -> None:
    page = client.get(_at("conversation/rollback", id=told, revision=1))
    assert "Now, revision 3" in said(main(page))
    answer = send(client, page, "/rollback", reason="wrong turn")
    assert answer.status_code == 303
    newest = storage.memory.snapshot(told)
    assert newest.data == storage.memory.load_memory(told, revision=1)
    assert newest.revision.number == 4
    assert newest.revision.message == "Rollback to revision 1: wrong turn"
    assert newest.revision.author == "anonymous"
    after = client.get(answer.headers["location"])
    assert "Roll back to revision 1: done, as revision 4." in said(main(after))
    assert "done, as" not in said(main(client.get(answer.headers["location"])))


def test_a_change_is_in_the_audit_log_without_the_id(
    client: TestClient, storage: Storage, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "ingenious_storage.audit")
    send(client, client.get(_at("conversation/delete", id=told)), "/delete", reason="asked to")
    made = storage.memory.history(told)[0]
    send(client, client.get(_at("conversation/erase", id=told)), "/erase", typed=told)
    lines = [record.getMessage() for record in caplog.records]
    deleted = f"anonymous delete memory revision {made.number}-{made.write_id} request "
    assert lines[0].startswith(deleted)
    assert lines[1].startswith("anonymous erase memory receipt ")
    assert len(lines) == 2
    assert not any("20/7946" in line or "%2F7946" in line for line in lines)


def test_delete_and_restore(client: TestClient, storage: Storage, told: str) -> None:
    page = client.get(_at("conversation/delete", id=told))
    assert send(client, page, "/delete", reason="asked to").status_code == 303
    with pytest.raises(MemoryNotFoundError):
        storage.memory.load_memory(told)
    assert storage.memory.history(told)[0].message == "asked to"
    page = client.get(_at("conversation/restore", id=told))
    assert send(client, page, "/restore", reason="by mistake").status_code == 303
    assert len(storage.memory.load_memory(told)["messages"]) == 3
    assert storage.memory.history(told)[0].message == "by mistake"


@pytest.mark.parametrize("action", ["rollback", "delete"])
def test_somebody_was_faster(client: TestClient, storage: Storage, told: str, action: str) -> None:
    query = {"revision": 1} if action == "rollback" else {}
    page = client.get(_at(f"conversation/{action}", id=told, **query))
    storage.memory.append_messages(
        told, [{"role": "user", "content": "Wait"}], author="li", message="Turn 4"
    )
    answer = send(client, page, f"/{action}", reason="my reason")
    assert answer.status_code == 409
    text = said(main(answer))
    assert "You looked at revision 3. Meanwhile li made revision 4" in text
    assert "Turn 4" in text
    assert storage.memory.snapshot(told).revision.number == 4
    assert fields(form(answer, f"/{action}"))["reason"] == "my reason"
    assert "from=3&to=4" in links(main(answer))["See what changed first"]
    assert send(client, answer, f"/{action}").status_code == 303
    assert storage.memory.history(told)[0].number == 5


def test_a_form_that_is_sent_twice_changes_once(
    client: TestClient, storage: Storage, told: str
) -> None:
    page = client.get(_at("conversation/rollback", id=told, revision=1))
    assert send(client, page, "/rollback", reason="once").status_code == 303
    assert send(client, page, "/rollback", reason="once").status_code == 409
    assert storage.memory.snapshot(told).revision.number == 4


def test_an_erasure_gives_a_receipt(client: TestClient, storage: Storage, told: str) -> None:
    page = client.get(_at("conversation/erase", id=told))
    answer = send(client, page, "/erase", typed=told)
    assert answer.status_code == 200
    assert "3 revisions in" in said(main(answer))
    assert list(storage.memory.list_conversations()) == []
    with pytest.raises(MemoryNotFoundError):
        storage.memory.history(told)
    receipt = orjson.loads("".join(main(answer).find(".//pre").itertext()))  # type: ignore[union-attr]
    assert receipt["documents"][0]["status"] == "erased"
    assert receipt["documents"][0]["id"] == told
    assert receipt.pop("sha256") == receipts.digest(receipt)


def test_an_erasure_that_is_sent_again_says_when_it_was(client: TestClient, told: str) -> None:
    page = client.get(_at("conversation/erase", id=told))
    send(client, page, "/erase", typed=told)
    again = send(client, page, "/erase", typed=told)
    assert again.status_code == 200
    assert "There was nothing left to erase: it was erased at 2" in said(main(again))


@pytest.mark.parametrize("typed", ["", "something else", "+44 20/7946 & more"])
def test_the_id_has_to_be_typed(
    client: TestClient, storage: Storage, told: str, typed: str
) -> None:
    page = client.get(_at("conversation/erase", id=told))
    answer = send(client, page, "/erase", typed=typed)
    assert answer.status_code == 422
    assert "nothing was erased" in said(main(answer))
    assert len(storage.memory.history(told)) == 3


@pytest.mark.parametrize(
    ("told", "typed"),
    [
        ("two\nlines and\ta tab", "two lines and a tab"),  # as a field of one line has it
        ("\u202eturned", "⟨U+202E⟩turned"),  # as the page shows it
        ("\u202eturned", "\u202eturned"),
    ],
    ids=["lines", "shown", "itself"],
)
def test_an_id_that_no_field_can_hold_is_typed_as_it_is_shown(
    client: TestClient, storage: Storage, told: str, typed: str
) -> None:
    storage.memory.save_memory(told, [])
    page = client.get(_at("conversation/erase", id=told))
    assert "Its only revision goes." in said(main(page))
    assert send(client, page, "/erase", typed=typed).status_code == 200
    assert list(storage.memory.list_conversations()) == []


def test_what_was_said_meanwhile_is_not_erased(
    client: TestClient, storage: Storage, told: str
) -> None:
    page = client.get(_at("conversation/erase", id=told))
    storage.memory.append_messages(told, [{"role": "user", "content": "Keep this"}])
    answer = send(client, page, "/erase", typed=told)
    assert answer.status_code == 409
    assert "nothing was erased" in said(main(answer))
    assert len(storage.memory.history(told)) == 4


@pytest.mark.parametrize("action", ["rollback", "delete", "restore", "erase"])
def test_a_form_from_elsewhere_changes_nothing(
    client: TestClient, storage: Storage, told: str, action: str
) -> None:
    seen = storage.memory.snapshot(told).revision
    data = {
        "id": told,
        "expected": f"{seen.number}-{seen.write_id}",
        "revision": "1",
        "typed": told,
    }
    url = f"/console/conversation/{action}"
    assert client.post(url, data=data).status_code == 403
    page = client.get(_at("conversation/delete", id=told))
    data["csrf"] = fields(form(page, "/delete"))["csrf"]
    elsewhere = {"Origin": "https://evil.example"}
    assert client.post(url, data=data, headers=elsewhere).status_code == 403
    assert storage.memory.snapshot(told).revision == seen


def test_a_form_that_says_not_what_was_seen(
    client: TestClient, storage: Storage, told: str
) -> None:
    page = client.get(_at("conversation/delete", id=told))
    answer = send(client, page, "/delete", expected="newest")
    assert answer.status_code == 400
    assert len(storage.memory.history(told)) == 3
