"""Conversations in a browser: what people do with them, by mouse, by keys, on a phone."""

from __future__ import annotations

from urllib.parse import urlencode

import orjson
import pytest
from playwright.sync_api import Page, expect

from ingenious_storage import Storage
from tests.ops.console.browser.filled import fill
from tests.ops.console.browser.harness import (
    Clock,
    Faults,
    require_accessible,
    require_fitting,
)
from tests.ops.console.browser.talks import HOSTILE, TALK, attack, converse


@pytest.fixture(autouse=True)
def filled(storage: Storage, clock: Clock) -> Storage:
    fill(storage, clock)
    converse(storage, clock)
    storage.catalogue._clock = clock
    storage.catalogue.sync()
    return storage


def _at(page: str, **query: object) -> str:
    return f"/console/{page}?{urlencode(query)}"


PAGES = {
    "overview": "/console",
    "conversations": "/console/conversations",
    "nothing-listed": _at("conversations", prefix="none"),
    "conversation": _at("conversation", id=TALK),
    "old": _at("conversation", id=TALK, revision=1),
    "tree": _at("conversation", id="skipper/佐藤"),
    "deleted": _at("conversation", id="web/0009"),
    "json": _at("conversation/raw", id=TALK),
    "history": _at("conversation/history", id=TALK),
    "diff": _at("conversation/diff", id=TALK, **{"from": 1, "to": 3}),
    "rollback": _at("conversation/rollback", id=TALK, revision=1),
    "delete": _at("conversation/delete", id=TALK),
    "restore": _at("conversation/restore", id="web/0009"),
    "erase": _at("conversation/erase", id=TALK),
    "search": _at("search", q="berth", tag="eu"),
    "nothing-found": _at("search", q="nothing", deleted=1),
    "runbook": _at("runbook", name="health-down"),
}
HOSTILE_PAGES = {
    "messages": _at("conversation", id=HOSTILE),
    "history": _at("conversation/history", id=HOSTILE),
    "diff": _at("conversation/diff", id=HOSTILE, **{"from": 1, "to": 2}),
    "json": _at("conversation/raw", id=HOSTILE),
    "erase": _at("conversation/erase", id=HOSTILE),
    "search": _at("search", q="onerror taken", author=HOSTILE, deleted=1),
    "overview": "/console",
    "conversations": "/console/conversations",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_and_fits_a_phone(page: Page, name: str) -> None:
    page.goto(PAGES[name])
    expect(page.locator("main h1")).to_have_count(1)
    require_accessible(page)
    require_fitting(page)


@pytest.fixture
def attacked(filled: Storage) -> Storage:
    attack(filled)
    filled.catalogue.sync()
    return filled


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name == "messages" else pytest.mark.slow)
        for name in HOSTILE_PAGES
    ],
)
def test_what_users_write_is_shown_and_never_run(page: Page, attacked: Storage, name: str) -> None:
    page.goto(HOSTILE_PAGES[name])
    expect(page.locator("main")).to_contain_text("<img src=x onerror=")
    assert page.locator("main img, main script").count() == 0
    expect(page).not_to_have_title("taken")
    require_fitting(page)


@pytest.mark.slow
def test_a_hostile_reason(page: Page, attacked: Storage) -> None:
    page.goto("/console/conversations")
    page.get_by_role("link", name=HOSTILE).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    page.get_by_role("link", name="Delete").click()
    page.get_by_label("Reason").fill(HOSTILE)
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("main")).to_contain_text(f"by anonymous: {HOSTILE}")
    expect(page).not_to_have_title("taken")
    assert attacked.memory.history(HOSTILE)[0].message == HOSTILE


def test_find_it_look_at_what_changed_and_roll_it_back(page: Page, filled: Storage) -> None:
    page.goto("/console/search")
    page.get_by_label("Words").fill("marianne berth")
    expect(page.locator("#found h3")).to_have_count(1)  # before anybody presses Enter
    expect(page.locator("#live")).to_have_text("1 found")
    page.get_by_role("link", name=TALK).click()
    expect(page.get_by_role("listitem").filter(has_text="calls find_berth")).to_be_visible()
    page.get_by_role("link", name="History").click()
    page.get_by_label("Compare from revision 1").check()
    page.get_by_role("button", name="Compare the two chosen").click()
    expect(page.locator("del")).to_have_text(["12"])
    expect(page.locator("ins").first).to_have_text("14")
    page.get_by_role("link", name="Roll back to 1").click()
    page.get_by_label("Reason").fill("It was 12 May after all")
    page.get_by_role("button", name="Roll back").click()
    expect(page.get_by_role("status").first).to_have_text(
        "Roll back to revision 1: done, as revision 4."
    )
    newest = filled.memory.snapshot(TALK)
    assert newest.data == filled.memory.load_memory(TALK, revision=1)
    assert newest.revision.message == "Rollback to revision 1: It was 12 May after all"


@pytest.mark.slow
def test_restore_what_was_deleted(page: Page, filled: Storage) -> None:
    page.goto(PAGES["deleted"])
    page.get_by_role("link", name="Restore", exact=True).click()
    page.get_by_label("Reason").fill("It was none")
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_text("done, as revision 3")).to_be_visible()
    assert filled.memory.load_memory("web/0009") == {"messages": []}


@pytest.mark.slow
def test_two_tabs_the_second_is_told_who_was_faster(
    page: Page, filled: Storage, faults: Faults
) -> None:
    faults.allow("status of 409")
    other = page.context.new_page()
    other.goto(PAGES["delete"])
    page.goto(PAGES["rollback"])
    page.get_by_label("Reason").fill("first")
    page.get_by_role("button", name="Roll back").click()
    expect(page.get_by_text("done, as revision 4")).to_be_visible()
    other.get_by_label("Reason").fill("second")
    other.get_by_role("button", name="Delete").click()
    expect(other.get_by_role("alert")).to_contain_text("anonymous made revision 4")
    assert filled.memory.snapshot(TALK).revision.number == 4
    require_accessible(other)
    expect(other.get_by_label("Reason")).to_have_value("second")
    other.get_by_role("link", name="Leave it as it is").click()
    expect(other.get_by_role("heading", level=1)).to_have_text(TALK)


@pytest.mark.slow
def test_erase_with_a_receipt_that_is_saved(page: Page, filled: Storage, faults: Faults) -> None:
    faults.allow("status of 422")
    page.goto(PAGES["erase"])
    page.get_by_label("Type the id").fill("another")
    page.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_role("alert")).to_have_text("This is not the id; nothing was erased.")
    page.get_by_label("Type the id").fill(TALK)
    page.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Erased: {TALK}")
    require_accessible(page)
    require_fitting(page)
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download the receipt").click()
    receipt = orjson.loads(saved.value.path().read_bytes())
    assert saved.value.suggested_filename == f"receipt-{receipt['id']}.json"
    assert receipt["documents"][0]["status"] == "erased"
    assert receipt["catalogue"]["documents"] == 1
    page.goto(_at("search", q="marianne berth"))
    expect(page.get_by_text("Nothing fits.")).to_be_visible()


@pytest.mark.slow
def test_the_index_is_brought_up_to_date_from_the_page(page: Page, filled: Storage) -> None:
    filled.memory.save_memory("new", ["unheard of before"])
    page.goto(_at("search", q="unheard"))
    expect(page.get_by_text("Nothing fits.")).to_be_visible()
    page.get_by_role("button", name="Update the index").click()
    expect(page.locator("#sync")).to_contain_text("up to date")
    page.goto(_at("search", q="unheard"))
    expect(page.locator("#found h3")).to_have_count(1)


@pytest.mark.slow
def test_by_keys_alone(page: Page, filled: Storage) -> None:
    page.goto("/console/search")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("tides")
    page.keyboard.press("Enter")
    expect(page.locator("#found h3")).to_have_count(1)
    _tab_to(page, "web/0004")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("web/0004")
    _tab_to(page, "Delete")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Delete this conversation?")).to_be_visible()
    _tab_to(page, "")
    page.keyboard.type("by keys")
    page.keyboard.press("Enter")
    expect(page.get_by_text("done, as revision 2")).to_be_visible()
    assert filled.memory.history("web/0004")[0].message == "by keys"


def _tab_to(page: Page, text: str) -> None:
    """Until what has the focus says `text`, or is the field of the reason."""
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.text_content() == text and (text or focused.get_attribute("id") == "reason"):
            return
    raise AssertionError(f"no way to {text!r} by the key Tab")
