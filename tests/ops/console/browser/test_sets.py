"""Prompt sets in a browser: made, compared, rolled back, deleted and restored."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from ingenious_storage import Storage
from tests.ops.console.browser.filled import fill
from tests.ops.console.browser.harness import Clock, Faults

pytestmark = pytest.mark.slow

SET = "harbour-agent"


@pytest.fixture(autouse=True)
def filled(storage: Storage, clock: Clock) -> None:
    fill(storage, clock)


def test_a_new_set_from_what_a_label_pins(page: Page, storage: Storage) -> None:
    page.goto("/console/sets")
    page.get_by_role("link", name="New set").click()
    page.get_by_label("Name", exact=True).fill("harbour-agent-2")
    page.get_by_label("Begin with the files of").select_option("label:canary")
    page.get_by_label("First file").fill("notes.md")
    page.get_by_label("Its text").fill("one\ntwo\n")
    page.get_by_label("Reason").fill("For the winter")
    page.get_by_role("button", name="Create").click()
    page.wait_for_url("**/console/set?name=harbour-agent-2")
    source = storage.prompts.get_set(SET, revision=storage.prompts.get_label("canary"))
    assert storage.prompts.get_set("harbour-agent-2") == {**source, "notes.md": "one\ntwo\n"}


def test_a_name_that_is_none_keeps_what_was_written(page: Page, faults: Faults) -> None:
    page.goto("/console/set/new")
    faults.allow("status of 4")
    page.get_by_label("Its text").fill("\nwritten")
    page.get_by_label("First file").fill("a.md")
    for name, says in (("Not A Name", "invalid prompt set name"), (SET, "there")):
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_role("button", name="Create").click()
        expect(page.get_by_role("alert")).to_contain_text(says)
    assert page.get_by_label("Its text").input_value() == "\nwritten"


def test_any_two_revisions_are_compared(page: Page) -> None:
    page.goto(f"/console/set?name={SET}")
    page.get_by_role("link", name="History").click()
    page.get_by_label("Compare from revision 1").check()
    page.get_by_label("Compare to revision 4").check()
    page.get_by_role("button", name="Compare the two chosen").click()
    expect(page.get_by_role("heading", level=2)).to_contain_text(["answers/fees.md", "system.md"])
    expect(page.locator(".diff .changed .old:not(.none)").first).to_contain_text("Be short.")


def test_a_rollback_shows_what_it_changes(page: Page, storage: Storage) -> None:
    page.goto(f"/console/set/history?name={SET}")
    page.get_by_role("link", name="Roll back to revision 3").click()
    expect(page.locator(".diff ins").first).to_have_text("short and friendly")
    page.get_by_label("Reason").fill("Too long")
    page.get_by_role("button", name="Roll back").click()
    page.wait_for_url(f"**/console/set?name={SET}")
    newest = storage.prompts.history(SET)[0]
    assert (newest.number, newest.message) == (5, "Rollback to revision 3: Too long")
    assert storage.prompts.get_set(SET) == storage.prompts.get_set(SET, revision=3)


def test_a_rollback_over_what_nobody_looked_at_is_not_done(
    page: Page, storage: Storage, faults: Faults
) -> None:
    page.goto(f"/console/set/rollback?name={SET}&revision=3")
    storage.prompts.commit(SET, {"new.md": "x"}, author="eve", message="Faster")
    faults.allow("status of 409")
    page.get_by_label("Reason").fill("Too long")
    page.get_by_role("button", name="Roll back").click()
    expect(page.get_by_role("alert")).to_contain_text("eve made revision 5")
    assert len(storage.prompts.history(SET)) == 5
    assert page.get_by_label("Reason").input_value() == "Too long"
    page.get_by_role("button", name="Roll back").click()
    page.wait_for_url(f"**/console/set?name={SET}")
    assert len(storage.prompts.history(SET)) == 6


def test_a_deleted_set_comes_back(page: Page, storage: Storage) -> None:
    files = storage.prompts.get_set(SET)
    page.goto(f"/console/set?name={SET}")
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_role("link", name="production")).to_be_visible()
    page.get_by_label("Reason").fill("Not needed")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("This set was deleted")).to_be_visible()
    assert SET not in storage.prompts.list_sets()
    page.goto("/console/sets")
    assert not page.get_by_role("link", name=SET, exact=True).count()
    page.get_by_role("link", name="Deleted").click()
    page.get_by_role("link", name=SET, exact=True).click()
    page.get_by_role("link", name="Restore").click()
    page.get_by_label("Reason").fill("Needed")
    page.get_by_role("button", name="Restore").click()
    page.wait_for_url(f"**/console/set?name={SET}")
    assert storage.prompts.get_set(SET) == files
