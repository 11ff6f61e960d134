"""Labels moved by hand: back after a bad release, by drag, by keys, and against somebody faster."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from ingenious_storage import Storage
from tests.ops.console.browser.filled import fill
from tests.ops.console.browser.harness import Clock, Faults

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def filled(storage: Storage, clock: Clock) -> None:
    """`production` pins revision 4, which is bad; it was at revision 3 before, and at 2."""
    fill(storage, clock)


def pinned(storage: Storage) -> int:
    return storage.prompts.get_label("production").number


def test_a_stranger_takes_a_bad_release_back_within_five_clicks(
    page: Page, storage: Storage
) -> None:
    page.add_init_script(
        "addEventListener('click', () => { sessionStorage.n = Number(sessionStorage.n ?? 0) + 1 })"
    )
    page.goto("/console")
    page.get_by_role("link", name="Labels", exact=True).click()
    page.get_by_role("link", name="Move production back").click()
    expect(page.locator(".from-to")).to_have_text(
        re.compile(r"harbour-agent, revision 4.*harbour-agent, revision 3", re.DOTALL)
    )
    page.get_by_role("button", name="Move production").click()
    expect(page.get_by_role("status").first).to_have_text(
        "production now pins revision 3 of harbour-agent."
    )
    assert 1 <= page.evaluate("Number(sessionStorage.n)") <= 5
    moved = storage.prompts.get_label("production")
    assert (moved.number, moved.moved.author) == (3, "anonymous")
    assert moved.moved.message == "Back from revision 4 of harbour-agent"


def test_a_second_step_back_goes_farther_back(page: Page, storage: Storage) -> None:
    for number in (3, 2):
        page.goto("/console/label?name=production")
        page.get_by_role("link", name=f"Move back to revision {number}").click()
        page.get_by_role("button", name="Move production").click()
        page.wait_for_url("**/console/labels")
        assert pinned(storage) == number
    page.goto("/console/label?name=production")
    assert not page.get_by_role("link", name="Move back").count()


def test_a_label_is_dragged_to_another_revision(page: Page, storage: Storage) -> None:
    page.goto("/console/labels")
    row = page.locator(".lane[data-set=harbour-agent] > [data-revision='2']")
    page.locator(".chip[data-label=production]").drag_to(row)
    page.wait_for_url("**/console/label/move?*revision=2*")
    assert pinned(storage) == 4  # it only leads to the page that asks
    page.get_by_label("Reason").fill("Tried by hand")
    page.get_by_role("button", name="Move production").click()
    page.wait_for_url("**/console/labels")
    assert pinned(storage) == 2
    assert page.locator("[data-revision='2'] .chip[data-label=production]").count() == 1


def test_a_label_is_moved_with_the_keyboard_alone(page: Page, storage: Storage) -> None:
    page.goto("/console/labels")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.label") == "production":
            break
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#live")).to_have_text(
        "production to revision 3 of harbour-agent. Enter shows what changes."
    )
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/label/move?*revision=3*")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "reason":
            break
    page.keyboard.type("By keys")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/labels")
    assert pinned(storage) == 3
    assert storage.prompts.get_label("production").moved.message == "By keys"


def test_escape_gives_a_move_up(page: Page) -> None:
    page.goto("/console/labels")
    page.locator(".chip[data-label=production]").focus()
    page.keyboard.press("ArrowDown")
    assert page.locator(".lane > .target").count() == 1
    page.keyboard.press("Escape")
    assert page.locator(".lane > .target").count() == 0


def test_who_is_slower_sees_where_it_is_now(page: Page, storage: Storage, faults: Faults) -> None:
    page.goto("/console/label/back?name=production")
    storage.prompts.set_label(
        "production", "harbour-agent", revision=1, author="eve@example.com", message="I was faster"
    )
    faults.allow("status of 409")
    page.get_by_role("button", name="Move production").click()
    expect(page.get_by_role("alert")).to_contain_text("eve@example.com moved it to revision 1")
    assert pinned(storage) == 1
    page.get_by_role("button", name="Move production").click()
    page.wait_for_url("**/console/labels")
    assert pinned(storage) == 3


def test_a_label_is_made_and_deleted(page: Page, storage: Storage) -> None:
    page.goto("/console/set?name=harbour-agent&revision=2")
    page.get_by_role("link", name="New label here").click()
    page.get_by_label("Name").fill("season")
    page.get_by_role("button", name="Create").click()
    page.wait_for_url("**/console/labels")
    made = storage.prompts.get_label("season")
    assert (made.set, made.number) == ("harbour-agent", 2)
    page.get_by_role("link", name="season", exact=True).first.click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_label("Reason").fill("Over")
    page.get_by_role("button", name="Delete").click()
    page.wait_for_url("**/console/labels")
    assert "season" not in [label.name for label in storage.prompts.list_labels()]


def test_a_name_that_is_taken_is_told(page: Page, faults: Faults) -> None:
    page.goto("/console/label/new?set_name=weather-agent")
    faults.allow("status of 409")
    page.get_by_label("Name").fill("production")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.get_by_label("Name").input_value() == "production"
