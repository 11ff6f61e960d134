"""Whatever people write is text on every page: no script, no element, no address of it."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from ingenious_storage import Storage
from tests.ops.console.browser.harness import Faults

pytestmark = pytest.mark.slow

EVIL: Final = (
    "\"'><img src=x onerror=bad()><script>bad()</script></textarea></title>{{987654*7}}${987654*7}"
)
FILE: Final = EVIL.replace("</", "<(")
"""The same as the name of a file, which has no empty part between two slashes."""
PAGES: Final = (
    "sets",
    "sets?prefix={evil}",
    "set?name=agent",
    "set?name=agent&revision=1",
    "set?name={evil}",
    "set/file?name=agent&file={file}",
    "set/edit?name=agent&file={file}",
    "set/edit?name=agent&file={evil}",
    "set/history?name=agent",
    "set/diff?name=agent&from=1&to=2",
    "set/rollback?name=agent&revision=1",
    "set/delete?name=agent",
    "set/new?source={evil}",
    "labels",
    "label?name=production",
    "label?name={evil}",
    "label/back?name=production",
    "label/move?name=production",
    "label/new?set_name=agent",
    "label/delete?name=production",
    "login?next={evil}",
    "{evil}",
)


@pytest.fixture(autouse=True)
def agent(storage: Storage) -> None:
    """Every field that a user can fill holds it."""
    prompts = storage.prompts
    prompts.create_set("agent", {FILE: EVIL, "b.md": "b"}, author=EVIL, message=EVIL)
    prompts.set_label("production", "agent", author=EVIL, message=EVIL)
    prompts.commit("agent", {FILE: f"{EVIL}\n2"}, author=EVIL, message=EVIL, tags=[EVIL])
    prompts.set_label("production", "agent", author=EVIL, message=EVIL)


def require_text(page: Page) -> None:
    found = page.evaluate(
        """() => [
            ...document.querySelectorAll("img[src=x], [onerror], main script, title *")
        ].map(e => e.outerHTML)"""
    )
    assert not found, page.url
    assert "6913578" not in page.content(), page.url


def test_on_every_page(page: Page, faults: Faults) -> None:
    faults.allow("status of 4")
    seen = 0
    for path in PAGES:
        page.goto(f"/console/{path.format(evil=quote(EVIL), file=quote(FILE))}")
        require_text(page)
        seen += EVIL in page.inner_text("body")
    assert seen > 10


def test_in_every_field_of_the_editor(page: Page, storage: Storage) -> None:
    page.goto("/console/set/edit?name=agent&file=b.md&file=")
    page.get_by_label("Text", exact=True).nth(0).fill(EVIL)
    page.get_by_label("Name of the new file").fill(FILE + ".md")
    page.get_by_label("Text", exact=True).nth(1).fill(EVIL)
    page.get_by_role("button", name="Review the change").click()
    require_text(page)
    expect(page.locator(".diff .new").first).to_contain_text(EVIL)
    page.get_by_label("Reason").fill(EVIL)
    page.get_by_role("button", name="Commit").click()
    page.wait_for_url("**/console/set?name=agent")
    require_text(page)
    assert storage.prompts.get("agent", "b.md") == EVIL
    assert storage.prompts.history("agent")[0].message == EVIL
