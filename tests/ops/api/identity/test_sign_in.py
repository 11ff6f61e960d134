"""Sign-in of people at a real issuer, as a browser goes through it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from ingenious_ops.serving import create_app
from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from tests.ops.api.identity.conftest import api_settings
from tests.support.issuer import JWKS, Issuer, key

PAGE = "/console/login/issuer"
BACK = f"{PAGE}/back"


def settings_of(issuer: Issuer, **more: Any) -> Settings:
    api = api_settings(issuer, client_id="console", **more)
    return Settings(storage=StorageSettings(type="inmemory"), api=api)


@pytest.fixture
def settings(issuer: Issuer) -> Settings:
    return settings_of(issuer)


def leave(client: TestClient, target: str = "/console/me") -> str:
    """The address at the issuer that the page leads to."""
    answer = client.get(PAGE, params={"next": target})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def test_the_page_to_sign_in_offers_it(client: TestClient) -> None:
    assert f'href="{PAGE}?next=%2Fconsole%2Fsets"' in (
        client.get("/console/login", params={"next": "/console/sets"}).text
    )


def test_somebody_signs_in_and_out(client: TestClient, issuer: Issuer) -> None:
    url = leave(client)
    assert url.startswith(f"{issuer.url}/authorize?tenant=1&")
    asked = {name: value for name, [value] in parse_qs(urlsplit(url).query).items()}
    assert asked["redirect_uri"] == f"http://127.0.0.1{BACK}"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    answer = client.get(BACK, params=issuer.authorize(url))
    assert answer.status_code == 200
    assert 'content="0; url=/console/me"' in answer.text
    me = client.get("/console/me")
    assert "ada" in me.text
    form = {"csrf": re.findall(r'name="csrf" value="([^"]+)"', me.text)[0]}
    client.post("/console/logout", data=form, headers={"Sec-Fetch-Site": "same-origin"})
    assert client.get("/console/me").status_code == 303


def test_its_cookies_have_their_flags(client: TestClient, issuer: Issuer) -> None:
    begun = client.get(PAGE)
    [kept] = begun.headers.get_list("set-cookie")
    assert {"HttpOnly", "SameSite=Lax", f"Path={PAGE}", "Max-Age=600"} <= {*kept.split("; ")}
    done = client.get(BACK, params=issuer.authorize(begun.headers["Location"]))
    session, over = done.headers.get_list("set-cookie")
    assert {"HttpOnly", "SameSite=Strict", "Path=/console"} <= {*session.split("; ")}
    assert over.startswith('ingenious_sign_in=""')
    assert "Max-Age=0" in over


def test_a_session_lasts_longer_than_the_token(client: TestClient, issuer: Issuer) -> None:
    issuer.of_id_tokens = {"exp": int(time.time()) + 5}
    answer = client.get(BACK, params=issuer.authorize(leave(client)))
    assert "Max-Age=28800" in answer.headers.get_list("set-cookie")[0]


def test_a_client_with_a_secret_shows_it(issuer: Issuer) -> None:
    issuer.client_secret = "the secret of the client"
    settings = settings_of(issuer, client_secret=issuer.client_secret)
    with Storage(settings) as storage:
        client = TestClient(create_app(storage), "http://127.0.0.1", follow_redirects=False)
        url = leave(client)
        assert "secret" not in url
        assert client.get(BACK, params=issuer.authorize(url)).status_code == 200


def test_a_configured_address_of_keys_does_not_hide_the_endpoints(issuer: Issuer) -> None:
    with Storage(settings_of(issuer, jwks_url=issuer.url + JWKS)) as storage:
        client = TestClient(create_app(storage), "http://127.0.0.1", follow_redirects=False)
        assert client.get(BACK, params=issuer.authorize(leave(client))).status_code == 200


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a nonce of another sign-in": ({"nonce": "x"}, "of another sign-in"),
    "without a nonce": ({"nonce": None}, "of another sign-in"),
    "for another client": ({"aud": "other"}, "for another audience"),
    "for the API": ({"aud": "api://ingenious-storage"}, "for another audience"),
    "for several, and another asked": (
        {"aud": ["console", "other"], "azp": "other"},
        "of another sign-in",
    ),
    "for several, and nobody asked": ({"aud": ["console", "other"]}, "of another sign-in"),
    "of another issuer": ({"iss": "https://evil.example"}, "of another issuer"),
    "expired": ({"exp": 1}, "expired"),
    "of a stranger": ({"signed_by": "stranger"}, "does not publish"),
}


@pytest.mark.parametrize(("claims", "problem"), WRONG.values(), ids=WRONG)
def test_a_token_of_the_issuer_that_does_not_fit_is_refused(
    client: TestClient, issuer: Issuer, claims: dict[str, Any], problem: str
) -> None:
    made = dict(claims)
    if "signed_by" in made:
        made["signed_by"] = key(made["signed_by"])
    issuer.of_id_tokens = made
    answer = client.get(BACK, params=issuer.authorize(leave(client)))
    assert answer.status_code == 401
    assert problem in answer.text
    assert client.get("/console/me").status_code == 303


def test_a_sign_in_that_began_elsewhere_ends_nowhere(client: TestClient, issuer: Issuer) -> None:
    """Who makes somebody open the end of a sign-in would sign them in as another."""
    back = issuer.authorize(leave(client))
    client.cookies.clear()
    assert client.get(BACK, params=back).status_code == 401
    leave(client)
    assert client.get(BACK, params=back).status_code == 401  # the state of another
    assert "/token" not in issuer.requests


def test_a_code_is_good_once(client: TestClient, issuer: Issuer) -> None:
    url = leave(client)
    back = issuer.authorize(url)
    kept = client.cookies.get("ingenious_sign_in")
    assert client.get(BACK, params=back).status_code == 200
    headers = {"Cookie": f"ingenious_sign_in={kept}"}
    again = client.get(BACK, params=back, headers=headers)
    assert again.status_code == 401
    assert "gave no token" in again.text


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ({"error": "access_denied"}, "the issuer answered access_denied"),
        ({"error": "<script>alert(1)</script>"}, "the issuer answered nothing"),
        ({}, "the issuer answered nothing"),
        ({"iss": "https://evil.example", "code": "x"}, "the answer of another issuer"),
    ],
    ids=range(4),
)
def test_a_refusal_of_the_issuer_is_told(
    client: TestClient, issuer: Issuer, said: dict[str, str], shown: str
) -> None:
    state = issuer.authorize(leave(client))["state"]
    answer = client.get(BACK, params={"state": state, **said})
    assert answer.status_code == 401
    assert shown in answer.text
    assert f'href="{PAGE}"' in answer.text  # to begin again
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_it_leads_nowhere_else(client: TestClient, issuer: Issuer, target: str) -> None:
    answer = client.get(BACK, params=issuer.authorize(leave(client, target)))
    assert 'content="0; url=/console"' in answer.text


def test_an_endpoint_that_anybody_can_listen_to_is_refused(issuer: Issuer) -> None:
    issuer.discovery = {"authorization_endpoint": "http://login.example/authorize"}
    with Storage(settings_of(issuer)) as storage:
        client = TestClient(create_app(storage), "http://127.0.0.1")
        assert client.get(PAGE).status_code == 503


def test_without_a_client_nobody_signs_in_by_it(issuer: Issuer) -> None:
    settings = Settings(storage=StorageSettings(type="inmemory"), api=api_settings(issuer))
    with Storage(settings) as storage:
        client = TestClient(create_app(storage), "http://127.0.0.1", follow_redirects=False)
        assert client.get(PAGE).status_code == client.get(BACK).status_code == 404
        assert PAGE not in client.get("/console/login").text


@pytest.fixture
def served_over_tls(issuer: Issuer) -> Iterator[TestClient]:
    with Storage(settings_of(issuer)) as storage:
        yield TestClient(create_app(storage), "https://storage.example", follow_redirects=False)


def test_away_from_this_machine_all_is_https(served_over_tls: TestClient, issuer: Issuer) -> None:
    url = leave(served_over_tls)
    [address] = parse_qs(urlsplit(url).query)["redirect_uri"]
    assert address == f"https://storage.example{BACK}"
    answer = served_over_tls.get(BACK, params=issuer.authorize(url))
    for cookie in answer.headers.get_list("set-cookie"):
        assert cookie.startswith("__Secure-")
        assert "; Secure" in cookie
