"""Signing in with a browser: its cookie, what it may do, and the way out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ingenious_storage import Storage
from ingenious_storage.config import ApiSettings
from tests.ops.console.browser.filled import fill
from tests.ops.console.browser.harness import (
    Clock,
    Faults,
    new_storage,
    require_accessible,
    require_fitting,
)
from tests.ops.console.signing import grant, key_of

pytestmark = pytest.mark.slow


@pytest.fixture
def storage(clock: Clock, tmp_path: Path) -> Iterator[Storage]:
    """Who wants to see it has to sign in."""
    keys = {
        "ada": grant("ada", role="editor", containers="revisions"),
        "rob": grant("rob", role="reader"),
    }
    with new_storage(clock, tmp_path, ApiSettings.model_validate({"keys": keys})) as storage:
        fill(storage, clock)
        yield storage


def test_in_to_the_page_that_was_asked_for_and_out(page: Page, faults: Faults) -> None:
    page.goto("/console/label/back?name=production")
    assert "/console/login?next=" in page.url
    require_accessible(page)
    require_fitting(page)
    faults.allow("status of 401")
    page.keyboard.type("isk_wrong")  # the field has the focus
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    require_accessible(page)
    page.get_by_label("API key or token").fill(key_of("ada"))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console/label/back?name=production")
    [cookie] = page.context.cookies()
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    assert page.evaluate("document.cookie") == ""
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/console/login")
    page.goto("/console/labels")
    assert "/console/login" in page.url


def test_the_author_of_a_change_is_who_signed_in(page: Page, storage: Storage) -> None:
    page.goto("/console/label/back?name=production")
    page.get_by_label("API key or token").fill(key_of("ada"))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Move production").click()
    page.wait_for_url("**/console/labels")
    assert storage.prompts.get_label("production").moved.author == "key:ada"


def test_a_reader_sees_labels_and_moves_none(page: Page) -> None:
    page.goto("/console/labels")
    page.get_by_label("API key or token").fill(key_of("rob"))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console/labels")
    expect(page.get_by_role("link", name="production").first).to_be_visible()
    assert not page.locator(".chip").count()
    assert not page.get_by_role("link", name="Move").count()
