"""The overview: what runs, whether it works, what would ring."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NoReturn

import pytest
import yaml
from starlette.testclient import TestClient

from ingenious_ops.console import alerts, routing
from ingenious_ops.console.pages import overview
from ingenious_storage import Storage
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.errors import PermissionDeniedError, UnavailableError
from tests.ops.console.reading import links, main, said
from tests.ops.console.signing import console
from tests.support.faults import Call, FaultyBackend, Request

OPS = Path(__file__).parents[4] / "ops"


def test_what_runs_and_that_all_is_well(client: TestClient, storage: Storage) -> None:
    storage.prompts.create_set("support", {"a.md": "a"})
    storage.prompts.set_label("production", "support", author="maria", message="Release 1")
    storage.catalogue.sync()
    page = main(client.get("/console"))
    text = said(page)
    assert "production support 1 now maria Release 1" in text
    assert "data works" in text
    assert "revisions works" in text
    assert "No rule would fire" in text
    assert "support prompt set 1 7 min ago" in text
    assert "indexed now · Update it" in text
    assert links(page)["Update it"] == "/console/search"


def test_an_empty_storage(client: TestClient) -> None:
    text = said(main(client.get("/console")))
    assert "No label pins anything yet." in text
    assert "There is no index yet" in text


def test_an_index_of_nothing(client: TestClient, storage: Storage) -> None:
    storage.catalogue.sync()
    assert "Nothing is stored yet." in said(main(client.get("/console")))


@pytest.mark.parametrize(("path", "status"), [("/console", 200), ("/console/labels", 503)])
def test_a_page_waits_for_a_store_so_long_and_no_longer(
    monkeypatch: pytest.MonkeyPatch, path: str, status: int
) -> None:
    monkeypatch.setattr(overview, "_PATIENCE", 0.3)
    monkeypatch.setattr(routing, "_PATIENCE", 0.3 if path != "/console" else 60)

    def away(request: Request, _call: Call) -> NoReturn:
        raise UnavailableError("nobody answers", operation=request.operation)

    def opened(_settings: StorageSettings, _name: str) -> FaultyBackend:
        return FaultyBackend(InMemoryBackend(create=True), lambda _: away)

    settings = Settings(storage=StorageSettings(type="inmemory"))
    with Storage(settings, backend=opened) as storage, console(storage) as client:
        storage.health.report()
        begun = time.monotonic()
        answer = client.get(path)
        assert time.monotonic() - begun < 25, "30 s and more without an end of its own"
    assert answer.status_code == status
    assert "nobody answers" in said(main(answer))


def test_the_address_that_serve_prints_leads_to_it(client: TestClient) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/console")


def _denied(request: Request, _call: Call) -> NoReturn:
    raise PermissionDeniedError("not with this credential", operation=request.operation)


def test_a_store_that_refuses_is_told_with_what_to_do() -> None:
    def opened(_settings: StorageSettings, _name: str) -> FaultyBackend:
        return FaultyBackend(InMemoryBackend(create=True), lambda _: _denied)

    settings = Settings(storage=StorageSettings(type="inmemory"))
    with Storage(settings, backend=opened) as storage, console(storage) as client:
        answer = client.get("/console")
    page = main(answer)
    assert answer.status_code == 200
    assert "data does not work" in said(page)
    assert said(page).count("page IngeniousStorageHealthDown") == 2
    assert "not with this credential" in said(page)  # of the labels, which cannot be read
    assert {
        "/console/runbook?name=health-down",
        "/console/runbook?name=credentials-refused",
    } <= {each.get("href") for each in page.iter("a")}


def test_every_rule_is_known_with_its_runbook() -> None:
    written = {
        rule["alert"]
        for path in (OPS / "alerts").glob("*.yml")
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }
    assert set(alerts.rules()) == written
    assert {alerts._DOWN, *alerts._BY_CODE.values()} <= written
    assert all(alerts.runbook(rule.runbook) for rule in alerts.rules().values())


@pytest.mark.parametrize("name", ["health-down", "conflicts"])
def test_a_runbook_is_shown(client: TestClient, name: str) -> None:
    page = main(client.get(f"/console/runbook?name={name}"))
    written = (OPS / "runbooks" / f"{name}.md").read_text()
    assert said(page).endswith(" ".join(written.split()))


@pytest.mark.parametrize("name", ["", "none", "../alerts/README", "health-down.md", "/etc/passwd"])
def test_a_runbook_that_there_is_not(client: TestClient, name: str) -> None:
    assert client.get("/console/runbook", params={"name": name}).status_code == 404
