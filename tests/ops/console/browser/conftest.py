"""A browser, and a console on loopback whose pages may do nothing wrong without a word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from ingenious_ops.serving import create_app
from ingenious_storage import Storage
from tests.ops.console.browser.harness import Faults, chromium, running

_PATIENCE: Final = 100_000
"""Milliseconds; Playwright's own are 5,000 for what is expected of a page."""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium without a window; one a process."""
    path = chromium()
    if path is None:
        pytest.skip("no Chromium on this machine: `make chromium` installs Debian's")
    with sync_playwright() as playwright:
        expect.set_options(timeout=_PATIENCE)
        found = playwright.chromium.launch(executable_path=path, timeout=_PATIENCE)
        yield found
        found.close()


@pytest.fixture
def url(storage: Storage) -> Iterator[str]:
    """Of the API and the console of `storage`, where nobody has to sign in."""
    with running(create_app(storage)) as url:
        yield url


@pytest.fixture
def faults(url: str) -> Faults:
    return Faults(urlsplit(url).netloc)


@pytest.fixture
def context(browser: Browser, url: str, faults: Faults) -> Iterator[BrowserContext]:
    """What tabs share. Fails the test on any fault that it did not allow."""
    context = browser.new_context(
        base_url=url,
        locale="en-GB",
        timezone_id="UTC",
        reduced_motion="reduce",
        viewport={"width": 1280, "height": 800},
    )
    context.set_default_timeout(_PATIENCE)
    faults.watch(context)
    yield context
    context.close()
    assert not faults.unexpected, "\n".join(faults.unexpected)


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab."""
    return context.new_page()
