"""What adapters keep, in a browser: for screen readers, on a phone, and text of strangers."""

from __future__ import annotations

from functools import partial
from typing import Final
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from ingenious_storage import Storage
from tests.ops.console.browser.harness import require_accessible, require_fitting

pytestmark = pytest.mark.slow

LONG: Final = "a-word-that-is-longer-than-a-phone-is-wide-" * 4
SCRIPT: Final = "<script>document.title = 'owned'</script>"


def _made(data: object, _: object) -> object:
    return data


@pytest.fixture(autouse=True)
def key(storage: Storage) -> str:
    """Of a document with a history, beside one with a long name and a deleted one."""
    at = storage.agents("agent-framework")
    for turn in range(3):
        data = {"messages": [SCRIPT, LONG][:turn], "raw": b"x" * turn}
        at.change(SCRIPT, "audit", leaf="history", fn=partial(_made, data))
    at.change(LONG, LONG, leaf="session", fn=lambda _: {})
    at.change("gone", leaf="session", fn=lambda _: {})
    at.store.delete(at.key("gone", leaf="session"))
    for number in range(12):
        storage.agents(f"framework-{number}").change("a", leaf="x", fn=lambda _: [])
    return at.key(SCRIPT, "audit", leaf="history")


def test_from_the_list_to_an_old_revision(page: Page, key: str) -> None:
    page.goto("/console")
    page.get_by_role("link", name="Agents", exact=True).click()
    page.get_by_role("link", name=f"{SCRIPT} / audit").click()
    expect(page.locator("pre")).to_contain_text('"raw": "<2 bytes>"')
    expect(page).to_have_title(f"Data: {SCRIPT} / audit · ingenious-storage")
    page.get_by_role("link", name="History", exact=True).click()
    page.get_by_role("link", name="Open revision 1").click()
    expect(page.get_by_text("This is revision 1.")).to_be_visible()
    expect(page.locator("pre")).to_contain_text('"raw": "<0 bytes>"')
    require_accessible(page)
    require_fitting(page)


@pytest.mark.parametrize("path", ["agents", "agents?framework=none", "document", "history", "gone"])
def test_page(page: Page, storage: Storage, key: str, path: str) -> None:
    if path == "gone":
        key, path = storage.agents("agent-framework").key("gone", leaf="session"), "document"
    query = "" if path.startswith("agents") else f"?{urlencode({'key': key})}"
    page.goto(f"/console/{path if path.startswith('agents') else f'agents/{path}'}{query}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    require_accessible(page)
    require_fitting(page)
