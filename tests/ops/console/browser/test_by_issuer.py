"""Signing in at an issuer of another site, and forms of another site, in a real browser.

The console is `localhost` here and the issuer `127.0.0.1`: two sites, to a browser.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from ingenious_ops.serving import create_app
from ingenious_storage import Storage
from ingenious_storage.config import ApiSettings
from tests.ops.console.browser.harness import Clock, Faults, new_storage, running
from tests.support.issuer import AUDIENCE, Issuer, running_issuer

pytestmark = pytest.mark.slow


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as issuer:
        yield issuer


@pytest.fixture
def storage(issuer: Issuer, clock: Clock, tmp_path: Path) -> Iterator[Storage]:
    """People sign in as owners."""
    api = ApiSettings.model_validate(
        {
            "issuer": issuer.url,
            "audience": AUDIENCE,
            "client_id": "console",
            "roles": {"readers": "admin"},
        }
    )
    with new_storage(clock, tmp_path, api) as storage:
        yield storage


@pytest.fixture
def url(storage: Storage) -> Iterator[str]:
    with running(create_app(storage)) as url:
        yield url.replace("127.0.0.1", "localhost")


def test_somebody_signs_in_at_another_site_and_is_back_where_they_were(
    page: Page, issuer: Issuer, faults: Faults
) -> None:
    faults.allow(f"a request to another host: {issuer.url}/authorize")
    page.goto("/console/me")
    page.get_by_role("link", name="Sign in with your account").click()
    expect(page).to_have_url(f"http://{faults.host}/console/me")
    expect(page.get_by_role("main")).to_contain_text("ada")


def test_a_form_of_another_site_changes_nothing(
    page: Page, issuer: Issuer, faults: Faults, url: str
) -> None:
    faults.allow(f"a request to another host: {issuer.url}/authorize")
    faults.allow("a request to another host: http://evil.example/")
    faults.allow("the server responded with a status of")
    page.goto("/console/login/issuer")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    form = f"<form method=post action='{url}/console/logout'><button>Win</button></form>"
    page.route(
        "http://evil.example/", lambda each: each.fulfill(body=form, content_type="text/html")
    )
    page.goto("http://evil.example/")
    with page.expect_response(f"{url}/console/logout") as sent:
        page.get_by_role("button").click()
    assert sent.value.status == 403
    assert "cookie" not in sent.value.request.all_headers()  # SameSite=Strict
    page.goto(f"{url}/console/me")
    assert urlsplit(page.url).path == "/console/me"  # and nobody was signed out
