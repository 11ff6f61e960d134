"""The unmodified framework under its own server, asked what was recorded of it on files."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from tests.library.adapters.ingenious.framework.conftest import CHOSEN, OPEN, Place
from tests.ops.api.framework import record, workspace
from tests.ops.api.framework.asked import RECORDED
from tests.support.servers.azurite import Azurite
from tests.support.servers.doors import cutting_door

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """An application with no prompts on disk."""
    folder = tmp_path / "served"
    folder.mkdir()
    workspace.write(folder)
    shutil.rmtree(folder / "templates")
    return folder


def fill(storage: Storage) -> None:
    for name, files in workspace.PROMPTS.items():
        storage.prompts.create_set(name, files)


def expected() -> dict[str, Any]:
    """What was recorded, but that `_` and capitals are other spellings of one set here."""
    answers = record.read("open")
    for name in ("list-with-an-underscore", "list-in-capitals"):
        body = answers[name]["body"]
        del body["note"]
        files = ["customer.md", "fiscal.jinja"]
        body.update(files=files, count=2, actual_revision_used=body["revision_id"])
    for each in answers["workflows"]["body"]["workflows"]:
        each["revision_id"] = each["workflow"]
    return answers


def test_it_answers_as_it_does_on_files(place: Place, application: Path, app: Path) -> None:
    fill(place.storage)
    settings = {**CHOSEN, **OPEN, **place.settings}
    with (
        record.served(application, app, settings) as url,
        httpx2.Client(base_url=url, timeout=30) as client,
    ):
        answers = {asked.name: record.ask(client, asked) for asked in RECORDED["open"]}
    assert answers == expected()
    prompts = place.storage.prompts
    assert prompts.get("made-here", "first.md") == "first\n"
    assert prompts.history("bike-insights")[0].message == "prompts/update"
    assert [each.number for each in prompts.history("my-teamrev")] == [1]
    assert not (app / "templates").exists()


def test_an_outage_amid_a_new_revision_changes_nothing(
    azurite: Azurite, container_name: str, application: Path, app: Path
) -> None:
    named = {"container_data": container_name, "container_revisions": f"{container_name}-r"}
    there = StorageSettings(type="azure_blob", connection_string=azurite.connection_string, **named)
    with (
        Storage(Settings(there)) as storage,
        cutting_door(azurite.port, b"/prompts/made.json") as door,
    ):
        fill(storage)
        settings = {
            **CHOSEN,
            **OPEN,
            "STORAGE__TYPE": "azure_blob",
            "STORAGE__CONNECTION_STRING": azurite.connection_string.replace(
                f":{azurite.port}", f":{door.port}"
            ),
            "STORAGE__CONTAINER_DATA": named["container_data"],
            "STORAGE__CONTAINER_REVISIONS": named["container_revisions"],
            "STORAGE__RETRY__DEADLINE": "1",
        }
        before = [(blob.key, blob.etag) for blob in storage.revisions.list_blobs()]
        with (
            record.served(application, app, settings) as url,
            httpx2.Client(base_url=url, timeout=60) as client,
        ):
            create = "/api/v1/revisions/create"
            taken = client.get("/api/v1/prompts/view/my-workflow/a.md")
            cut = client.post(create, json={"revision_id": "made"})
            off = client.post(create, json={"revision_id": "my-workflow"})
            after = [(blob.key, blob.etag) for blob in storage.revisions.list_blobs()]
            assert (taken.json(), door.is_cut) == ("a\n", True)
            for failed in (cut, off):
                detail = "Internal server error while creating revision"
                assert (failed.status_code, failed.json()) == (500, {"detail": detail})
            assert after == before
            door.mend()
            made = client.post(create, json={"revision_id": "made"})
    assert made.json()["copied_files"] == ["system.jinja", "user_prompt.md"]
    assert [each.number for each in storage.prompts.history("made")] == [1]
