"""Every change of a prompt set or label by the console is a line of the audit log."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping

import pytest
from starlette.testclient import TestClient

from ingenious_storage import Storage
from tests.ops.console.signing import console, csrf_of, grant, key_of, settings_of, sign_in


@pytest.fixture
def storage() -> Iterator[Storage]:
    with Storage(settings_of({"ada": grant("ada", role="editor")})) as storage:
        storage.prompts.create_set("s", {"a.md": "a"})
        yield storage


def send(client: TestClient, path: str, **fields: object) -> None:
    token = csrf_of(client.get("/console/me").text)
    answer = client.post(f"/console/{path}", data={"csrf": token, "reason": "because", **fields})
    assert answer.status_code == 303, answer.text


def test_each_change_is_a_line(storage: Storage, caplog: pytest.LogCaptureFixture) -> None:
    prompts = storage.prompts

    def seen() -> str:
        newest = prompts.history("s", limit=1)[0]
        return f"{newest.number}-{newest.write_id}"

    def moved() -> str:
        label = prompts.get_label("live").moved
        return f"{label.number}-{label.write_id}"

    file: Mapping[str, object] = {"original": "a.md", "name": "a.md", "text": "b", "mine": ""}
    caplog.set_level(logging.INFO, "ingenious_storage.audit")
    with console(storage) as client:
        sign_in(client, key_of("ada"))
        send(client, "set/new", name="new")
        send(client, "set/edit", set="s", expected=seen(), do="commit", **file)
        send(client, "set/rollback", name="s", revision=1, expected=seen())
        send(client, "label/new", name="live", set_name="s", revision=1)
        send(client, "label/move", name="live", set_name="s", revision=2, expected=moved())
        send(client, "label/delete", name="live", expected=moved())
        send(client, "set/delete", name="s", expected=seen())
        send(client, "set/restore", name="s", expected=seen())
    lines = [record.getMessage() for record in caplog.records if "audit" in record.name]
    assert [line.partition(" revision")[0] for line in lines] == [
        "key:ada create set new",
        "key:ada commit set s",
        "key:ada rollback set s",
        "key:ada move to s@1 label live",
        "key:ada move to s@2 label live",
        "key:ada delete label live",
        "key:ada delete set s",
        "key:ada restore set s",
    ]
    assert lines[-1].split()[5] == seen()
