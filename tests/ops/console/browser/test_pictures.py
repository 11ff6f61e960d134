"""The pictures of docs/console.md; `make docs-screenshots` takes them again."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from ingenious_storage import Storage
from tests.ops.console.browser.filled import fill
from tests.ops.console.browser.harness import TAKES_PICTURES, Clock, Faults, take_pictures
from tests.ops.console.browser.talks import TALK, converse

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not TAKES_PICTURES, reason="`make docs-screenshots` takes them"),
]
PAGES = {
    "overview": "",
    "conversation": f"/conversation?{urlencode({'id': TALK})}",
    "search": "/search?q=berth",
    "history": "/set/history?name=harbour-agent",
    "diff": "/set/diff?name=harbour-agent&from=3&to=4",
    "labels": "/labels",
    "label-back": "/label/back?name=production",
}


@pytest.fixture(autouse=True)
def filled(storage: Storage, clock: Clock) -> None:
    fill(storage, clock)
    converse(storage, clock)
    storage.catalogue.sync()
    clock.now += timedelta(minutes=2)


@pytest.mark.parametrize("name", PAGES)
def test_picture(page: Page, name: str) -> None:
    page.goto(f"/console{PAGES[name]}")
    take_pictures(page, name, scheme="dark" if name == "labels" else "light")


def test_picture_of_a_conflict(page: Page, storage: Storage, clock: Clock, faults: Faults) -> None:
    page.goto("/console/set/edit?name=harbour-agent&file=system.md")
    field = page.get_by_label("Text", exact=True)
    before = field.input_value()
    field.fill(before.replace("Be thorough.", "Be exact."))
    page.get_by_role("button", name="Review the change").click()
    storage.prompts.commit(
        "harbour-agent",
        {"system.md": before.replace("Be thorough.", "Be short.")},
        author="grace@example.com",
        message="Short answers again",
    )
    clock.now += timedelta(minutes=3)
    page.get_by_label("Reason").fill("Exact answers")
    faults.allow("status of 409")
    page.get_by_role("button", name="Commit").click()
    expect(page.get_by_role("alert")).to_be_visible()
    take_pictures(page, "conflict")
