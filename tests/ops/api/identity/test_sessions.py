"""Sessions of the console: sealed, bounded, and bound to the forms of its pages."""

from __future__ import annotations

import hashlib
from http.cookies import SimpleCookie
from typing import Any

import pytest
from starlette.requests import Request

from ingenious_ops.api.errors import ForbiddenError
from ingenious_ops.api.identity.principal import ANONYMOUS, Access, Principal
from ingenious_ops.api.identity.sessions import FIELD, HEADER, Sessions
from ingenious_ops.api.identity.transport import is_same_origin
from ingenious_storage.config import ApiSettings
from tests.ops.api.identity.conftest import Clock

KEY = "isk_" + "k" * 43
SECRET = "a secret of at least 32 characters"
ADA = Principal("ada@contoso.example", {"data": Access.EDITOR, "revisions": Access.READER})


def settings(**more: Any) -> ApiSettings:
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    keys = {"ci": {"sha256": digest, "role": "editor"}}
    return ApiSettings.model_validate({"keys": keys, "session_secret": SECRET} | more)


def request(*, scheme: str = "http", root: str = "", **headers: str) -> Request:
    said = {"host": "127.0.0.1:8080"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return Request(
        {
            "type": "http",
            "method": "POST",
            "scheme": scheme,
            "path": "/console",
            "root_path": root,
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in said.items()],
        }
    )


def cookie(set_cookie: str) -> str:
    [morsel] = SimpleCookie(set_cookie).values()
    return f"{morsel.key}={morsel.value}"


@pytest.fixture
def sessions(clock: Clock) -> Sessions:
    return Sessions(settings(), clock=clock)


def test_a_session_says_who_signed_in(sessions: Sessions) -> None:
    begun = sessions.begin(ADA, request())
    found = sessions.principal(request(cookie=cookie(begun)))
    assert found is not None
    assert (found.name, found.grants) == (ADA.name, ADA.grants)
    assert sessions.principal(request()) is None
    assert "ada@" not in begun


def test_a_session_ends_after_its_hours(clock: Clock) -> None:
    sessions = Sessions(settings(session_hours=1), clock=clock)
    begun = sessions.begin(ADA, request())
    assert "Max-Age=3600;" in begun
    clock.now += 3599
    assert sessions.principal(request(cookie=cookie(begun))) is not None
    clock.now += 1
    assert sessions.principal(request(cookie=cookie(begun))) is None


def test_a_session_ends_with_the_token_that_it_began_with(sessions: Sessions, clock: Clock) -> None:
    ends_soon = Principal("ada", ADA.grants, clock.now + 60)
    begun = sessions.begin(ends_soon, request())
    assert "Max-Age=60;" in begun
    clock.now += 60
    assert sessions.principal(request(cookie=cookie(begun))) is None


def test_a_session_follows_its_key(clock: Clock) -> None:
    before = Sessions(settings(), clock=clock)
    who = before._keys.principal(KEY)
    assert who is not None
    held = cookie(before.begin(who, request()))
    lower = {"ci": {"sha256": hashlib.sha256(KEY.encode()).hexdigest(), "role": "reader"}}
    found = Sessions(settings(keys=lower), clock=clock).principal(request(cookie=held))
    assert found is not None
    assert found.grants["data"] is Access.READER
    other = {"ci": {"sha256": "0" * 64, "role": "admin"}}
    assert Sessions(settings(keys=other), clock=clock).principal(request(cookie=held)) is None


def test_replicas_share_a_session_by_their_secret(clock: Clock) -> None:
    held = cookie(Sessions(settings(), clock=clock).begin(ADA, request()))
    assert Sessions(settings(), clock=clock).principal(request(cookie=held)) is not None
    for other in (settings(session_secret="x" * 32), settings(session_secret=None)):
        assert Sessions(other, clock=clock).principal(request(cookie=held)) is None


def test_a_cookie_that_was_changed_is_none(sessions: Sessions) -> None:
    name, _, sealed = cookie(sessions.begin(ADA, request())).partition("=")
    changed = sealed[:-4] + ("AAAA" if sealed[-4:] != "AAAA" else "BBBB")
    for value in (changed, sealed[:-1], "", "x", sealed + "é"):
        assert sessions.principal(request(cookie=f"{name}={value}")) is None


FLAGS: dict[str, tuple[Request, set[str]]] = {
    "this machine": (
        request(),
        {"ingenious_session", "HttpOnly", "SameSite=Strict", "Path=/console"},
    ),
    "https": (
        request(scheme="https", host="storage.example"),
        {"__Secure-ingenious_session", "Secure", "HttpOnly", "SameSite=Strict", "Path=/console"},
    ),
    "behind a proxy": (
        request(host="storage.example"),
        {"__Secure-ingenious_session", "Secure", "HttpOnly", "SameSite=Strict", "Path=/console"},
    ),
    "behind a proxy that hides the host": (
        request(x_forwarded_for="203.0.113.9"),
        {"__Secure-ingenious_session", "Secure", "HttpOnly", "SameSite=Strict", "Path=/console"},
    ),
    "under a prefix": (
        request(root="/storage"),
        {"ingenious_session", "HttpOnly", "SameSite=Strict", "Path=/storage/console"},
    ),
}


@pytest.mark.parametrize(("asked", "flags"), FLAGS.values(), ids=FLAGS)
def test_the_cookie_has_its_flags(sessions: Sessions, asked: Request, flags: set[str]) -> None:
    for value in (sessions.begin(ADA, asked), sessions.end(asked)):
        parts = {part.partition("=")[0] if n == 0 else part for n, part in _numbered(value)}
        assert {part for part in parts if not part.startswith("Max-Age")} == flags
    assert "Max-Age=0;" in sessions.end(asked)


def _numbered(value: str) -> list[tuple[int, str]]:
    return [*enumerate(value.split("; "))]


def test_a_cookie_from_plain_http_is_none_where_https_is_spoken(sessions: Sessions) -> None:
    held = cookie(sessions.begin(ADA, request()))
    assert sessions.principal(request(host="storage.example", cookie=held)) is None


def test_a_form_of_a_page_of_ours_passes(sessions: Sessions) -> None:
    held = cookie(sessions.begin(ADA, request()))
    sent = request(cookie=held, sec_fetch_site="same-origin")
    token = sessions.csrf(request(cookie=held))
    sessions.check(sent, {FIELD: token})
    by_header = {HEADER.lower().replace("-", "_"): token}
    sessions.check(request(cookie=held, sec_fetch_site="same-origin", **by_header), {})
    assert sessions.csrf(sent) != token


FORGED: dict[str, tuple[dict[str, str], str]] = {
    "another site": ({"sec_fetch_site": "cross-site"}, "does not come from a page"),
    "another host of ours": ({"sec_fetch_site": "same-site"}, "does not come from a page"),
    "typed": ({"sec_fetch_site": "none"}, "does not come from a page"),
    "another origin": ({"origin": "https://evil.example"}, "does not come from a page"),
    "another port": ({"origin": "http://127.0.0.1:9090"}, "does not come from a page"),
    "no origin to name": ({"origin": "null"}, "does not come from a page"),
    "both, and they differ": (
        {"sec_fetch_site": "same-origin", "origin": "https://evil.example"},
        "does not come from a page",
    ),
    "a browser that says nothing": ({}, "does not come from a page"),
}


@pytest.mark.parametrize(("headers", "problem"), FORGED.values(), ids=FORGED)
def test_a_form_of_somebody_else_is_refused(
    sessions: Sessions, headers: dict[str, str], problem: str
) -> None:
    held = cookie(sessions.begin(ADA, request()))
    token = sessions.csrf(request(cookie=held))
    with pytest.raises(ForbiddenError, match=problem):
        sessions.check(request(cookie=held, **headers), {FIELD: token})


def test_a_token_is_of_one_session(sessions: Sessions) -> None:
    mine, other = (cookie(sessions.begin(ADA, request())) for _ in range(2))
    sent = request(cookie=mine, sec_fetch_site="same-origin")
    wrong: list[Any] = [
        sessions.csrf(request(cookie=other)),
        sessions.csrf(request()),
        sessions.csrf(sent)[:-1],
        "x" + sessions.csrf(sent),
        "",
        ".",
        None,
        b"bytes",
        "é.é",
    ]
    for token in wrong:
        with pytest.raises(ForbiddenError, match="too old"):
            sessions.check(sent, {FIELD: token})


def test_whoever_needs_no_sign_in_is_anonymous_and_their_forms_are_checked() -> None:
    sessions = Sessions(ApiSettings())
    assert sessions.principal(request()) is ANONYMOUS
    token = sessions.csrf(request())
    sessions.check(request(origin="http://127.0.0.1:8080"), {FIELD: token})
    for headers in ({"sec_fetch_site": "cross-site"}, {"origin": "https://evil.example"}):
        with pytest.raises(ForbiddenError):
            sessions.check(request(**headers), {FIELD: token})
    with pytest.raises(ForbiddenError):
        sessions.check(request(sec_fetch_site="same-origin"), {FIELD: "x.y"})


def test_an_origin_behind_a_proxy_that_ends_tls_is_the_same() -> None:
    assert is_same_origin(request(host="storage.example", origin="https://storage.example"))
    assert not is_same_origin(
        request(host="storage.example", origin="https://storage.example.evil")
    )


def test_no_secret_is_in_a_repr(sessions: Sessions) -> None:
    shown = f"{sessions!r} {vars(sessions)!r} {settings()!r}"
    assert SECRET not in shown
    assert hashlib.sha256(KEY.encode()).hexdigest() not in shown
