"""Each page of prompt sets, labels and signing in: for screen readers, and on a phone."""

from __future__ import annotations

from typing import Final

import pytest
from playwright.sync_api import Page, expect

from ingenious_storage import Storage
from tests.ops.console.browser.filled import fill
from tests.ops.console.browser.harness import Clock, Faults, require_accessible, require_fitting

pytestmark = pytest.mark.slow

SET: Final = "harbour-agent"
PAGES: Final = {
    "sets": "sets",
    "deleted-sets": "sets?deleted=1",
    "set": f"set?name={SET}",
    "older": f"set?name={SET}&revision=2",
    "file": f"set/file?name={SET}&file=system.md",
    "history": f"set/history?name={SET}",
    "diff": f"set/diff?name={SET}&from=1&to=4",
    "edit": f"set/edit?name={SET}&file=system.md&file=",
    "rollback": f"set/rollback?name={SET}&revision=2",
    "delete": f"set/delete?name={SET}",
    "new-set": "set/new",
    "labels": "labels",
    "label": "label?name=production",
    "back": "label/back?name=production",
    "move": "label/move?name=production",
    "new-label": f"label/new?set_name={SET}",
    "delete-label": "label/delete?name=production",
    "me": "me",
}


@pytest.fixture(autouse=True)
def filled(storage: Storage, clock: Clock) -> None:
    fill(storage, clock)
    storage.prompts.create_set("old-agent", {"a.md": "a"})
    storage.prompts.delete_set("old-agent", author="ada@example.com", message="Not used any more")
    long = "a-word-that-is-longer-than-a-phone-is-wide-" * 4
    storage.prompts.commit(SET, {f"{long}.md": long}, author=f"{long}@example.com", message=long)
    storage.prompts.set_label("l" * 50, SET, author=long, message=long)


@pytest.mark.parametrize("name", PAGES)
def test_page(page: Page, name: str) -> None:
    page.goto(f"/console/{PAGES[name]}")
    require_accessible(page)
    require_fitting(page)


def test_review_and_conflict(page: Page, storage: Storage, faults: Faults) -> None:
    page.goto(f"/console/set/edit?name={SET}&file=system.md")
    page.get_by_label("Text", exact=True).fill("mine\n")
    page.get_by_role("button", name="Review the change").click()
    require_accessible(page)
    require_fitting(page)
    storage.prompts.commit(SET, {"system.md": "theirs\n"}, author="eve")
    page.get_by_label("Reason").fill("because")
    faults.allow("status of 409")
    page.get_by_role("button", name="Commit").click()
    expect(page.get_by_role("alert")).to_be_visible()
    require_accessible(page)
    require_fitting(page)
