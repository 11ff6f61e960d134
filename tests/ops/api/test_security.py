"""The security table: what an attacker tries, a row a test, on the whole application."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from typing import Any, Final

import pytest
from fastapi import FastAPI
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from ingenious_ops.api.identity.api_keys import digest_of, new_key
from ingenious_ops.serving import create_app
from ingenious_storage import Storage
from ingenious_storage.config import ApiSettings, Settings, StorageSettings
from tests.ops.api.identity.conftest import api_settings
from tests.support.issuer import DISCOVERY, JWKS, Issuer, key, running_issuer
from tests.support.polling import eventually

HOST: Final = "http://127.0.0.1"
SECRET: Final = "the secret of all sessions, 32 characters"
MEMORY: Final = "/api/v1/memories/chat-7"
GRANTS: Final = {
    f"{role}-of-{container}": (role, container)
    for role in ("reader", "editor", "admin")
    for container in ("data", "revisions")
}
KEYS: Final = {name: new_key() for name in GRANTS}
LEVELS: Final = ("reader", "editor", "admin")

OPEN: Final = {
    "",  # leads to the console
    "/openapi.json",
    "/livez",
    "/readyz",
    "/startupz",
    "/health",
    "/console/login",
    "/console/login/issuer",
    "/console/login/issuer/back",
    "/console/logout",
}
"""What answers without a credential; a page that is not there does too."""
EITHER: Final = ("/metrics", "/api/v1/search")
"""What one role in any container opens."""
KIND_OF: Final = {"data": "memory", "revisions": "prompts"}
OF_DATA: Final = (
    "/api/v1/memories",
    "/api/v1/export/memories",
    "/console/conversation",
    "/console/agents",
)
OF_REVISIONS: Final = (
    "/api/v1/sets",
    "/api/v1/labels",
    "/api/v1/prompts",
    "/api/v1/revisions",
    "/api/v1/workflows",
    "/console/set",
    "/console/label",
)
FINAL: Final = re.compile(r"/(erase|purge)$")
"""What cannot be undone, and so is for an admin."""


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as issuer:
        yield issuer


@pytest.fixture
def settings(issuer: Issuer) -> Settings:
    keys = {
        name: {"sha256": digest_of(KEYS[name]), "role": role, "containers": container}
        for name, (role, container) in GRANTS.items()
    }
    api = api_settings(issuer, keys=keys, session_secret=SECRET)
    return Settings(storage=StorageSettings(type="inmemory"), api=api)


def routes(app: FastAPI) -> list[tuple[str, str, str]]:
    """Method, path, and the path with something for each parameter."""
    found = []
    for route in app.routes:
        if isinstance(route, Route) and "{rest:path}" not in route.path:
            sent = re.sub(r"\{[^}]*\}", "1", route.path)
            found += [(method, route.path, sent) for method in sorted(route.methods or ())]
        else:
            assert isinstance(route, Route) or (isinstance(route, Mount) and "static" in route.path)
    return [each for each in found if each[0] != "HEAD"]


def is_open(path: str) -> bool:
    return path.rstrip("/") in OPEN


def is_enough(name: str, method: str, path: str) -> bool:
    """Whether the key `name` may do it, by the rules that are written here once more."""
    role, container = GRANTS[name]
    if path.startswith(EITHER):
        return True
    needed = "admin" if FINAL.search(path) else "reader" if method == "GET" else "editor"
    prefixes = OF_DATA if container == "data" else OF_REVISIONS
    return path.startswith(prefixes) and LEVELS.index(role) >= LEVELS.index(needed)


def bearer(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}


def sign_in(client: TestClient, credential: str) -> str:
    """The token for the forms of the session that begins."""
    said = client.get("/console/login").text
    form = {"credential": credential, "csrf": _csrf(said)}
    answer = client.post("/console/login", data=form, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 303, answer.text
    return _csrf(client.get("/console/me").text)


def _csrf(html: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', html)
    assert found, html
    return found[1]


# Who asks


def test_every_route_is_of_a_known_kind(app: FastAPI) -> None:
    """A new prefix has to be put into the tables above."""
    for _, path, _ in routes(app):
        known = path.startswith((*OF_DATA, *OF_REVISIONS, *EITHER)) or is_open(path)
        assert known or re.fullmatch("/console(/runbook|/search|/search/sync|/me)?", path), path


def test_no_route_of_the_api_answers_nobody(client: TestClient, app: FastAPI) -> None:
    for method, path, sent in routes(app):
        if is_open(path) or path.startswith("/console"):
            continue
        answer = client.request(method, sent)
        assert answer.status_code == 401, f"{method} {path}"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.json()["code"] == "unauthenticated"


@pytest.mark.parametrize("name", GRANTS)
def test_no_route_of_the_api_forgets_the_role(client: TestClient, app: FastAPI, name: str) -> None:
    for method, path, sent in routes(app):
        if is_open(path) or path.startswith("/console"):
            continue
        wanted = {"kind": KIND_OF[GRANTS[name][1]]} if path == "/api/v1/search" else {}
        answer = client.request(method, sent, params=wanted, headers=bearer(KEYS[name]))
        assert answer.status_code != 401, f"{method} {path}"
        refused = answer.status_code == 403
        assert refused is not is_enough(name, method, path), f"{method} {path}: {answer.text}"


@pytest.mark.parametrize("container", KIND_OF)
def test_a_search_finds_only_what_may_be_read(client: TestClient, container: str) -> None:
    for name, (_, granted) in GRANTS.items():
        asked = {"kind": KIND_OF[container], "q": "x"}
        answer = client.get("/api/v1/search", params=asked, headers=bearer(KEYS[name]))
        assert (answer.status_code == 403) is (granted != container), name


def test_no_page_opens_for_nobody(client: TestClient, app: FastAPI) -> None:
    for method, path, sent in routes(app):
        if path.startswith("/console") and not is_open(path):
            # The API's credentials are none of the console: only a session is.
            answer = client.request(method, sent, headers=bearer(KEYS["admin-of-data"]))
            assert answer.status_code == 303, f"{method} {path}"
            assert answer.headers["Location"].startswith("/console/login")


@pytest.mark.parametrize("name", GRANTS)
def test_no_page_forgets_the_role(client: TestClient, app: FastAPI, name: str) -> None:
    token = sign_in(client, KEYS[name])
    for method, path, sent in routes(app):
        if not path.startswith(("/console/conversation", "/console/set", "/console/label")):
            continue
        headers = {"Sec-Fetch-Site": "same-origin", "X-CSRF-Token": token}
        answer = client.request(method, sent, headers=headers)
        if not is_enough(name, method, path):
            # A form that asks may be refused before it is sent; what it would do is refused too.
            assert answer.status_code == 403, f"{method} {path}: {answer.status_code}"
        elif method == "POST":
            assert answer.status_code != 403, f"{method} {path}"


def test_no_form_is_taken_without_its_token(client: TestClient, app: FastAPI) -> None:
    token = sign_in(client, KEYS["admin-of-data"])
    own, cross = {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "cross-site"}
    forms = [(path, sent) for method, path, sent in routes(app) if _is_form(method, path)]
    assert len(forms) > 10
    for path, sent in forms:
        for headers in (own, {**cross, "X-CSRF-Token": token}, {**own, "X-CSRF-Token": "a.b"}):
            answer = client.post(sent, headers=headers)
            assert answer.status_code == 403, f"{path} {headers}: {answer.status_code}"
    assert client.get("/console/me").status_code == 200  # and nobody was signed out


def _is_form(method: str, path: str) -> bool:
    return method == "POST" and path.startswith("/console")


def test_a_session_is_no_credential_of_the_api(client: TestClient) -> None:
    sign_in(client, KEYS["admin-of-data"])
    cookie = client.cookies.get("ingenious_session")
    assert client.get(MEMORY, headers={"Cookie": f"ingenious_session={cookie}"}).status_code == 401
    assert client.get(MEMORY, headers=bearer(str(cookie))).status_code == 401


# Tokens

NOW = int(time.time())
TOKENS: dict[str, dict[str, Any]] = {
    "expired": {"exp": NOW - 120, "iat": NOW - 600, "nbf": NOW - 600},
    "wrong audience": {"aud": "api://other"},
    "wrong issuer": {"iss": "https://evil.example"},
    "without an end": {"exp": None},
}


@pytest.mark.parametrize("claims", TOKENS.values(), ids=TOKENS)
def test_a_token_that_does_not_count_opens_nothing(
    client: TestClient, issuer: Issuer, claims: dict[str, Any]
) -> None:
    assert client.get(MEMORY, headers=bearer(issuer.token())).status_code == 404  # a good one
    answer = client.get(MEMORY, headers=bearer(issuer.token(**claims)))
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthenticated"


def test_a_token_without_a_role_is_known_and_may_nothing(
    client: TestClient, issuer: Issuer
) -> None:
    answer = client.get(MEMORY, headers=bearer(issuer.token(roles=["strangers"])))
    assert answer.status_code == 403
    assert answer.json()["code"] == "forbidden"


def test_a_rotation_of_keys_at_the_issuer_is_followed(client: TestClient, issuer: Issuer) -> None:
    assert client.get(MEMORY, headers=bearer(issuer.token())).status_code == 404
    issuer.published = [key("two").jwk()]
    assert client.get(MEMORY, headers=bearer(issuer.token(key("two")))).status_code == 404
    assert client.get(MEMORY, headers=bearer(issuer.token(sub="new"))).status_code == 401


def test_an_issuer_that_is_down_is_told_as_such(app: FastAPI, issuer: Issuer) -> None:
    issuer.down = True
    client = TestClient(app, HOST)
    answer = client.get(MEMORY, headers=bearer(issuer.token()))
    assert answer.status_code == 503
    assert answer.json()["code"] == "unavailable"
    assert client.get(MEMORY, headers=bearer(KEYS["reader-of-data"])).status_code == 404


def test_a_server_that_starts_asks_the_issuer_before_anybody_waits(
    client: TestClient, issuer: Issuer
) -> None:
    eventually(lambda: issuer.requests == [DISCOVERY, JWKS])
    assert client.get(MEMORY, headers=bearer(issuer.token())).status_code == 404
    assert len(issuer.requests) == 2


# Browsers


def test_cookies_have_their_flags(client: TestClient) -> None:
    said = client.get("/console/login").text
    form = {"credential": KEYS["admin-of-data"], "csrf": _csrf(said)}
    answer = client.post("/console/login", data=form, headers={"Sec-Fetch-Site": "same-origin"})
    _check_flags(answer.headers.get_list("set-cookie"), secure=False)


def test_cookies_are_secure_away_from_this_machine(app: FastAPI) -> None:
    with TestClient(app, "https://storage.example", follow_redirects=False) as client:
        token = sign_in(client, KEYS["admin-of-data"])
        form = {"csrf": token}
        headers = {"Sec-Fetch-Site": "same-origin"}
        out = client.post("/console/logout", data=form, headers=headers)
        _check_flags(out.headers.get_list("set-cookie"), secure=True)
        assert client.get("/console/me").status_code == 303


def _check_flags(cookies: list[str], *, secure: bool) -> None:
    assert cookies
    for cookie in cookies:
        flags = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"httponly", "samesite=strict", "path=/console"} <= flags, cookie
        assert ("secure" in flags) is secure, cookie


def test_pages_run_no_script_of_others(client: TestClient) -> None:
    pages = [client.get("/console/login")]
    sign_in(client, KEYS["admin-of-data"])
    pages += [client.get(f"/console{path}") for path in ("", "/me", "/nowhere", "/sets")]
    for page in pages:
        assert page.headers["Content-Type"].startswith("text/html")
        policy = page.headers["Content-Security-Policy"]
        rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
        assert rules["default-src"] == "'none'"
        assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
        assert {rules[name] for name in ("script-src", "style-src", "form-action")} == {"'self'"}
        assert "unsafe" not in policy


def test_cors_is_closed(client: TestClient) -> None:
    origin = {"Origin": "https://app.example"}
    asked = {**origin, "Access-Control-Request-Method": "GET"}
    for answer in (
        client.get(MEMORY, headers={**origin, **bearer(KEYS["reader-of-data"])}),
        client.options(MEMORY, headers=asked),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_cors_opens_for_the_origins_that_are_named(storage: Storage) -> None:
    api = storage.settings.api.model_copy(update={"cors_origins": ("https://app.example",)})
    with Storage(Settings(storage=storage.settings.storage, api=api)) as named:
        client = TestClient(create_app(named), HOST)
        for origin, allowed in (("https://app.example", True), ("https://evil.example", False)):
            asked = {
                "Origin": origin,
                "Access-Control-Request-Method": "PUT",
                "Access-Control-Request-Headers": "authorization, if-match",
            }
            answer = client.options(MEMORY, headers=asked)
            assert (answer.headers.get("access-control-allow-origin") == origin) is allowed
            answer = client.get(MEMORY, headers={"Origin": origin})  # a refusal can be read too
            assert (answer.headers.get("access-control-allow-origin") == origin) is allowed
            assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example/console",
        "/\\evil.example",
        "/console/../../evil",
        "/console\r\nSet-Cookie: a=b",
        "/console?x=\nLocation: https://evil.example",
        "javascript:alert(1)",
    ],
    ids=range(7),
)
def test_signing_in_leads_nowhere_else(client: TestClient, target: str) -> None:
    form = {
        "credential": KEYS["reader-of-data"],
        "csrf": _csrf(client.get("/console/login").text),
        "next": target,
    }
    answer = client.post("/console/login", data=form, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/console"
    [cookie] = answer.headers.get_list("set-cookie")
    assert cookie.startswith("ingenious_session=")


def test_a_name_with_line_ends_makes_no_header_and_no_line(
    client: TestClient, issuer: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    evil = "ada\r\nX-Evil: 1\nERROR root: all is lost"
    answer = client.get(MEMORY, headers=bearer(issuer.token(sub=evil, roles=["strangers"])))
    assert answer.status_code == 403
    assert "x-evil" not in answer.headers
    assert not any(line.startswith("ERROR root") for line in caplog.text.splitlines())


# Secrets


def test_no_secret_is_in_a_log_an_answer_or_a_repr(
    client: TestClient, app: FastAPI, issuer: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    good, bad = KEYS["admin-of-data"], new_key()
    tokens = [issuer.token(), issuer.token(aud="other"), issuer.token(key("stranger"))]
    answers = [client.get(MEMORY, headers=bearer(each)) for each in (good, bad, *tokens)]
    answers.append(client.get(MEMORY, headers={"X-API-Key": bad}))
    answers.append(client.get(MEMORY, headers={"Authorization": f"Basic {bad}"}))
    issuer.down = True
    answers.append(client.get(MEMORY, headers=bearer(issuer.token(sub="new"))))
    csrf = _csrf(client.get("/console/login").text)
    form = {"credential": bad, "csrf": csrf}
    own = {"Sec-Fetch-Site": "same-origin"}
    answers.append(client.post("/console/login", data=form, headers=own))
    sign_in(client, good)
    answers.append(client.get("/console/me"))
    context = app.state.context
    shown = caplog.text + "".join(f"{each.headers} {each.text}" for each in answers)
    shown += f"{context!r} {vars(context.authenticator)!r} {vars(context.sessions)!r}"
    shown += f"{context.storage.settings!r}"
    secrets = [good, bad, SECRET, digest_of(good), *(each.rpartition(".")[2] for each in tokens)]
    for number, secret in enumerate(secrets):
        assert secret not in shown, number


ELSEWHERE: dict[str, dict[str, str]] = {
    "of another site": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    "of another port": {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:9"},
    "of a sandbox": {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
    "of an old browser": {"Origin": "https://evil.example"},
    "of an old browser's sandbox": {"Origin": "null"},
}


@pytest.mark.parametrize("headers", ELSEWHERE.values(), ids=ELSEWHERE)
def test_where_nobody_has_to_sign_in_no_page_of_the_web_changes_anything(
    headers: dict[str, str],
) -> None:
    """A browser sends a form to this machine for any page; no CORS is asked for that."""
    with Storage(Settings(storage=StorageSettings(type="inmemory"))) as storage:
        app = create_app(storage)
        client = TestClient(app, HOST, raise_server_exceptions=False)
        changes = [each for each in routes(app) if each[0] != "GET"]
        assert len(changes) > 20
        for method, path, sent in changes:
            answer = client.request(method, sent, headers=headers)
            assert answer.status_code == 403, f"{method} {path}"
            if not path.startswith("/console"):
                answer = client.request(method, sent)  # a program, which is no browser
                assert answer.status_code != 403, f"{method} {path}"


def test_where_nobody_has_to_sign_in_only_this_machine_is_served() -> None:
    with Storage(Settings(storage=StorageSettings(type="inmemory"))) as storage:
        client = TestClient(create_app(storage), HOST)
        assert client.get(MEMORY).status_code == 404
        assert client.get(MEMORY, headers={"Host": "evil.example"}).status_code == 421
        assert ApiSettings().is_open
