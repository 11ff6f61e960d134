"""Prompts edited in a browser: nothing that somebody wrote is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from ingenious_storage import Storage
from tests.ops.console.browser.harness import Faults

pytestmark = pytest.mark.slow

LINES = "".join(f"line {number}\n" for number in range(1, 10))
EDITOR = "/console/set/edit?name=agent&file="


@pytest.fixture(autouse=True)
def agent(storage: Storage) -> None:
    """A set of two files."""
    storage.prompts.create_set("agent", {"a.md": LINES, "b.md": "b\n"}, author="ada")


def text(page: Page, at: int = 0) -> str:
    found: str = page.get_by_label("Text", exact=True).nth(at).input_value()
    return found


def write(page: Page, text: str, at: int = 0) -> None:
    page.get_by_label("Text", exact=True).nth(at).fill(text)


def commit(page: Page, reason: str) -> None:
    """From the editor, by way of what changes."""
    page.get_by_role("button", name="Review").last.click()
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name="Commit").click()


def test_a_file_is_edited_with_a_look_at_what_changes(page: Page, storage: Storage) -> None:
    page.goto("/console/set?name=agent")
    page.get_by_role("link", name="Edit a.md").click()
    write(page, LINES.replace("line 3", "line three"))
    page.get_by_role("button", name="Review the change").click()
    expect(page.locator(".diff del")).to_have_text("3")
    expect(page.locator(".diff ins")).to_have_text("three")
    assert len(storage.prompts.history("agent")) == 1
    page.get_by_label("Reason").fill("Words, not digits")
    page.get_by_role("button", name="Commit").click()
    expect(page.get_by_role("status").first).to_have_text("Revision 2 has your change of 1 file.")
    [newest, _] = storage.prompts.history("agent")
    assert (newest.message, newest.author) == ("Words, not digits", "anonymous")
    assert storage.prompts.get("agent", "a.md") == LINES.replace("line 3", "line three")


def test_several_files_are_one_revision(page: Page, storage: Storage) -> None:
    page.goto("/console/set?name=agent")
    for name in ("a.md", "b.md"):
        page.get_by_label(f"Choose {name}").check()
    page.get_by_role("button", name="Edit the chosen").click()
    write(page, "changed\n")
    page.get_by_label("Delete this file").nth(1).check()
    page.get_by_role("button", name="Add").click()
    page.get_by_label("Name of the new file").fill("new/c.md")
    write(page, "\n\n  first lines are empty\n", at=2)
    commit(page, "All at once")
    page.wait_for_url("**/console/set?name=agent")
    assert len(storage.prompts.history("agent")) == 2
    assert storage.prompts.get_set("agent") == {
        "a.md": "changed\n",
        "new/c.md": "\n\n  first lines are empty\n",
    }


def test_a_file_gets_another_name(page: Page, storage: Storage) -> None:
    page.goto(f"{EDITOR}b.md")
    page.get_by_label("Name", exact=True).fill("c.md")
    commit(page, "Better name")
    page.wait_for_url("**/console/set?name=agent")
    assert storage.prompts.get_set("agent") == {"a.md": LINES, "c.md": "b\n"}


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param("\n\nempty first lines, no last newline", id="empty-lines"),
        pytest.param("a\r\nb\r\n", id="dos"),
        pytest.param("a\nb\r\nc\rd", id="mixed"),
        pytest.param("\ttab \u00a0 \u2028 \u200b </textarea> &amp; \U0001f600", id="odd"),
    ],
)
def test_what_is_not_touched_stays_to_the_byte(page: Page, storage: Storage, stored: str) -> None:
    storage.prompts.commit("agent", {"odd.md": stored})
    page.goto(f"{EDITOR}odd.md&file=b.md")
    write(page, "changed", at=1)
    page.get_by_role("button", name="Review the change").click()
    page.get_by_role("button", name="Back to the editor").click()
    commit(page, "The other file")
    page.wait_for_url("**/console/set?name=agent")
    assert storage.prompts.get_set("agent") == {
        "a.md": LINES,
        "b.md": "changed",
        "odd.md": stored,
    }


def test_a_change_that_cannot_be_made_keeps_what_was_written(page: Page, faults: Faults) -> None:
    page.goto(f"{EDITOR}a.md&file=")
    faults.allow("status of 4")
    write(page, "changed")
    page.get_by_label("Name of the new file").fill("b.md")
    write(page, "one more", at=1)
    page.get_by_role("button", name="Review the change").click()
    expect(page.get_by_role("alert")).to_contain_text("there is a file 'b.md' already")
    page.get_by_label("Name of the new file").fill("../c.md")
    page.get_by_role("button", name="Review the change").click()
    expect(page.get_by_role("alert")).to_contain_text("invalid key")
    assert (text(page), text(page, 1)) == ("changed", "one more")


def test_two_tabs_whose_changes_are_apart(
    context: BrowserContext, storage: Storage, faults: Faults
) -> None:
    first, second = context.new_page(), context.new_page()
    for page in (first, second):
        page.goto(f"{EDITOR}a.md")
    write(first, LINES.replace("line 2", "second line"))
    commit(first, "From the first tab")
    write(second, LINES.replace("line 8", "eighth line"))
    faults.allow("status of 409")
    commit(second, "From the second tab")
    expect(second.get_by_role("alert")).to_contain_text("committed revision 2")
    expect(second.get_by_role("alert")).to_contain_text("From the first tab")
    both = LINES.replace("line 2", "second line").replace("line 8", "eighth line")
    assert text(second) == both
    assert storage.prompts.get("agent", "a.md") == LINES.replace("line 2", "second line")
    second.get_by_role("button", name="Review the merge").click()
    assert second.get_by_label("Reason").input_value() == "From the second tab"
    second.get_by_role("button", name="Commit").click()
    second.wait_for_url("**/console/set?name=agent")
    assert storage.prompts.get("agent", "a.md") == both
    assert [one.message for one in storage.prompts.history("agent")][:2] == [
        "From the second tab",
        "From the first tab",
    ]


def conflict(page: Page, storage: Storage, faults: Faults) -> None:
    """Both changed line 5."""
    page.goto(f"{EDITOR}a.md")
    write(page, LINES.replace("line 5", "mine"))
    storage.prompts.commit("agent", {"a.md": LINES.replace("line 5", "theirs")}, author="eve")
    faults.allow("status of 409")
    commit(page, "Mine")
    expect(page.get_by_role("alert")).to_contain_text("eve committed revision 2")


def test_two_changes_of_one_line_are_decided_by_hand(
    page: Page, storage: Storage, faults: Faults
) -> None:
    conflict(page, storage, faults)
    assert "<<<<<<< yours\nmine\n=======\ntheirs\n>>>>>>> theirs\n" in text(page)
    expect(page.locator(".diff .changed .old").first).to_contain_text("theirs")
    expect(page.locator(".diff .changed .new").first).to_contain_text("mine")
    faults.allow("status of 422")
    page.get_by_role("button", name="Review the merge").click()
    expect(page.get_by_role("alert")).to_contain_text("still has the marks of a conflict")
    write(page, LINES.replace("line 5", "mine and theirs"))
    commit(page, "Both")
    page.wait_for_url("**/console/set?name=agent")
    assert storage.prompts.get("agent", "a.md") == LINES.replace("line 5", "mine and theirs")
    assert len(storage.prompts.history("agent")) == 3


@pytest.mark.parametrize(
    ("button", "word"), [("Take my text", "mine"), ("Take their text", "theirs")]
)
def test_one_of_both_texts_is_taken_whole(
    page: Page, storage: Storage, faults: Faults, button: str, word: str
) -> None:
    conflict(page, storage, faults)
    page.get_by_role("button", name=button).click()
    assert text(page) == LINES.replace("line 5", word)


def test_a_set_that_was_deleted_meanwhile(page: Page, storage: Storage, faults: Faults) -> None:
    page.goto(f"{EDITOR}a.md")
    write(page, "mine")
    storage.prompts.delete_set("agent", author="eve", message="Not used")
    faults.allow("status of 409")
    commit(page, "Mine")
    expect(page.get_by_role("alert")).to_contain_text("eve deleted the set")
    assert text(page) == "mine"
    storage.prompts.restore_set("agent")
    page.get_by_role("button", name="Review the change").click()
    page.get_by_role("button", name="Commit").click()
    page.get_by_role("button", name="Review the merge").click()
    page.get_by_role("button", name="Commit").click()
    page.wait_for_url("**/console/set?name=agent")
    assert storage.prompts.get("agent", "a.md") == "mine"


def test_a_change_that_is_sent_twice_is_one_revision(
    context: BrowserContext, storage: Storage
) -> None:
    first, second = context.new_page(), context.new_page()
    for page in (first, second):
        page.goto(f"{EDITOR}b.md")
        write(page, "once")
    for page in (first, second):
        commit(page, "Once")
        expect(page.get_by_role("status").first).to_contain_text("Revision 2 has your change")
    assert len(storage.prompts.history("agent")) == 2


def test_a_way_back_from_the_review_loses_nothing(page: Page) -> None:
    page.goto(f"{EDITOR}b.md")
    write(page, "written with care")
    page.get_by_role("button", name="Review the change").click()
    expect(page.get_by_role("heading", name="What you change in agent")).to_be_visible()
    page.go_back()
    assert text(page) == "written with care"
