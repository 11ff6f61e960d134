"""The harness sees what it is there for."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from tests.ops.console.browser.harness import Faults, require_accessible, require_fitting, running

pytestmark = pytest.mark.slow

POLICY = "default-src 'none'; script-src 'self'; img-src 'self' http://127.0.0.2"
PAGES = {
    "/inline": "<button onclick='x()'>a</button>",
    "/missing": "<img src='/nothing.png' alt=''>",
    "/elsewhere": "<img src='http://127.0.0.2:9/a.png' alt=''>",
    "/nameless": "<button></button>",
    "/wide": "<pre>" + "w" * 500 + "</pre>",
    "/fine": "<h1>fine</h1>",
}


def _answer(request: Request) -> HTMLResponse:
    body = PAGES.get(request.url.path, "")
    html = f"<!doctype html><html lang=en><title>t</title><main>{body}</main>"
    headers = {"Content-Security-Policy": POLICY}
    return HTMLResponse(html, 200 if body or "favicon" in request.url.path else 404, headers)


@pytest.fixture
def url() -> Iterator[str]:
    with running(Starlette(routes=[Route("/{path:path}", _answer)])) as url:
        yield url


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/inline", "Content Security Policy"),
        ("/missing", "status of 404"),
        ("/elsewhere", "a request to another host"),
    ],
)
def test_faults_that_a_page_tells_nobody(browser: Browser, url: str, path: str, says: str) -> None:
    faults = Faults(urlsplit(url).netloc)
    with browser.new_context(base_url=url) as context:
        faults.watch(context)
        context.new_page().goto(path, wait_until="networkidle")
    assert any(says in fault for fault in faults.unexpected), faults.found


def test_a_button_without_a_name_is_found(page: Page) -> None:
    page.goto("/nameless")
    with pytest.raises(AssertionError, match="button-name"):
        require_accessible(page)


def test_what_is_too_wide_for_a_phone_is_found(page: Page) -> None:
    page.goto("/wide")
    with pytest.raises(AssertionError, match="wider than 360"):
        require_fitting(page)


def test_a_page_without_fault(page: Page) -> None:
    page.goto("/fine")
    require_accessible(page)
    require_fitting(page)
