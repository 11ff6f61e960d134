"""The keys of an issuer: kept as long as it says, asked for ahead, and kept through an outage."""

from __future__ import annotations

import asyncio
import logging
import threading
from pathlib import Path
from typing import Any

import pytest

from ingenious_ops.api.identity import issuer as module
from ingenious_ops.api.identity.fetching import MAX_BYTES, Document, fetch
from ingenious_ops.api.identity.issuer import KID_PAUSE, MAX_AGE, MIN_AGE, PAUSE, STALE, USUAL_AGE
from ingenious_storage.config import Settings
from ingenious_storage.errors import UnavailableError
from tests.ops.api.identity.conftest import Clock, api_settings
from tests.support.authority import Authority
from tests.support.issuer import DISCOVERY, JWKS, Issuer, key, running_issuer
from tests.support.polling import eventually


@pytest.fixture
def keys(settings: Settings, clock: Clock) -> module.Issuer:
    return module.Issuer(settings, clock=clock)


def kids(
    keys: module.Issuer, kid: str | None = "one", algorithm: str = "RS256"
) -> list[str | None]:
    return [each.kid for each in asyncio.run(keys.keys(kid, algorithm))]


def test_discovery_leads_to_the_keys(keys: module.Issuer, issuer: Issuer) -> None:
    assert kids(keys) == ["one"]
    assert kids(keys, "curve", "ES256") == ["curve"]
    assert issuer.requests == [DISCOVERY, JWKS]


def test_a_configured_address_needs_no_discovery(issuer: Issuer, clock: Clock) -> None:
    settings = Settings(api=api_settings(issuer, jwks_url=issuer.url + JWKS))
    assert kids(module.Issuer(settings, clock=clock)) == ["one"]
    assert issuer.requests == [JWKS]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (None, USUAL_AGE),
        ("public, max-age=1200", 1200),
        ("s-maxage=9, max-age=7200, must-revalidate", 7200),
        ("max-age=0", MIN_AGE),
        ("no-cache", USUAL_AGE),
        ("max-age=999999999", MAX_AGE),
    ],
)
def test_keys_are_kept_as_long_as_the_issuer_says(
    keys: module.Issuer, issuer: Issuer, clock: Clock, said: str | None, kept: float
) -> None:
    issuer.cache_control = said
    kids(keys)
    clock.now += kept * 0.79
    kids(keys)
    assert issuer.count(JWKS) == 1
    clock.now += kept * 0.21
    issuer.published = [key("two").jwk()]
    assert kids(keys, "two") == ["two"]  # waited for, and not by the way of an unknown key
    assert issuer.count(JWKS) == 2
    assert kids(keys, "one") == []


def test_keys_are_fetched_ahead_while_the_old_ones_answer(
    keys: module.Issuer, issuer: Issuer, clock: Clock
) -> None:
    kids(keys)
    clock.now += USUAL_AGE * 0.9
    assert kids(keys) == ["one"]
    eventually(lambda: issuer.count(JWKS) == 2)
    eventually(lambda: asyncio.run(keys.published()).at == clock.now)


def test_an_unknown_key_is_asked_for_at_once_and_then_seldom(
    keys: module.Issuer, issuer: Issuer, clock: Clock
) -> None:
    kids(keys)
    clock.now += 1
    issuer.published.append(key("two").jwk())
    assert kids(keys, "two") == ["two"]
    assert issuer.count(JWKS) == 2
    for number in range(20):
        assert kids(keys, f"made-up-{number}") == []
    assert issuer.count(JWKS) == 2
    clock.now += KID_PAUSE
    assert kids(keys, "made-up") == []
    assert issuer.count(JWKS) == 3


def test_an_unknown_key_in_the_first_token_costs_one_request(
    keys: module.Issuer, issuer: Issuer
) -> None:
    assert kids(keys, "made-up") == []
    assert issuer.count(JWKS) == 1


def test_an_outage_keeps_the_keys_for_a_day_and_is_logged(
    keys: module.Issuer, issuer: Issuer, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    kids(keys)
    issuer.down = True
    clock.now += USUAL_AGE + 1
    with caplog.at_level(logging.WARNING, module.LOGGER):
        assert kids(keys) == ["one"]
    assert "the keys of the issuer are not renewed" in caplog.text
    assert "answered 503" in caplog.text
    asked = len(issuer.requests)
    assert [kids(keys) for _ in range(5)] == [["one"]] * 5
    assert len(issuer.requests) == asked  # nobody is asked again at once
    clock.now += PAUSE
    assert kids(keys) == ["one"]
    eventually(lambda: len(issuer.requests) == asked + 1)
    clock.now += STALE
    with pytest.raises(UnavailableError):
        kids(keys)


def test_an_issuer_that_comes_back_is_noticed(
    keys: module.Issuer, issuer: Issuer, clock: Clock
) -> None:
    kids(keys)
    issuer.down = True
    clock.now += USUAL_AGE + 1
    kids(keys)
    issuer.down, issuer.published = False, [key("two").jwk()]
    clock.now += PAUSE
    kids(keys)
    eventually(lambda: kids(keys, "two") == ["two"])


def test_without_any_keys_an_outage_says_so_and_asks_seldom(
    keys: module.Issuer, issuer: Issuer, clock: Clock
) -> None:
    issuer.down = True
    for _ in range(3):
        with pytest.raises(UnavailableError):
            kids(keys)
    assert issuer.requests == [DISCOVERY]
    issuer.down = False
    clock.now += PAUSE
    assert kids(keys) == ["one"]


def test_many_who_wait_send_one_request(settings: Settings) -> None:
    begun, may_end = threading.Event(), threading.Event()
    asked = []

    def slow(url: str, ca_file: Path | None) -> Document:
        asked.append(url)
        begun.set()
        may_end.wait(10)
        return fetch(url, ca_file)

    async def all_at_once() -> list[Any]:
        keys = module.Issuer(settings, fetch=slow)
        waiting = [asyncio.create_task(keys.keys("one", "RS256")) for _ in range(50)]
        await asyncio.to_thread(begun.wait, 10)
        waiting.pop().cancel()  # one who gives up does not end it for the others
        may_end.set()
        return await asyncio.gather(*waiting)

    assert all(len(found) == 1 for found in asyncio.run(all_at_once()))
    assert len(asked) == 2  # discovery and keys


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"issuer": "https://evil.example"}, "is that of 'https://evil.example'"),
        ({"issuer": None}, "is that of 'None'"),
        ({"jwks_uri": None}, "names no jwks_uri"),
        ({"jwks_uri": "http://keys.example/"}, "is not an https URL"),
        ({"jwks_uri": "file:///etc/passwd"}, "is not an https URL"),
    ],
    ids=range(5),
)
def test_a_discovery_document_of_somebody_else_is_refused(
    keys: module.Issuer, issuer: Issuer, changed: dict[str, Any], expected: str
) -> None:
    issuer.discovery = changed
    with pytest.raises(UnavailableError, match=expected):
        kids(keys)


def test_keys_that_cannot_verify_are_left_out(keys: module.Issuer, issuer: Issuer) -> None:
    good = key("one")
    issuer.published = [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "one"},
        good.jwk(use="enc"),
        good.jwk(alg="RS512"),  # not among api.algorithms
        good.jwk(alg="HS256"),
        {**good.jwk(), "n": "AQAB"},  # a few bits
        {**good.jwk(), "d": "AQAB"},
        {**good.jwk(), "n": 7},
        {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA", "kid": "one"},
        {"kid": "one"},
        "one",  # type: ignore[list-item]
    ]
    assert kids(keys) == []


def test_a_token_without_a_kid_is_of_the_only_key(
    settings: Settings, issuer: Issuer, clock: Clock
) -> None:
    assert kids(module.Issuer(settings, clock=clock), None) == ["one"]
    issuer.published.append(key("two").jwk())
    assert kids(module.Issuer(settings, clock=clock), None) == []


def test_a_set_that_is_none_is_refused(keys: module.Issuer, issuer: Issuer) -> None:
    issuer.discovery = {"jwks_uri": issuer.url + DISCOVERY}
    with pytest.raises(UnavailableError, match="is not a set of keys"):
        kids(keys)


def test_tls_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path)
    with running_issuer(authority.server()) as issuer:
        url = issuer.url + JWKS
        with pytest.raises(UnavailableError, match="certificate verify failed"):
            fetch(url)
        assert fetch(url, Path(authority.file)).content["keys"]
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", authority.file)
        assert fetch(url).content["keys"]
    with (
        running_issuer(authority.server("other.example")) as issuer,
        pytest.raises(UnavailableError, match="certificate verify failed"),
    ):
        fetch(issuer.url + JWKS)


def test_a_document_without_an_end_is_not_read_whole(issuer: Issuer) -> None:
    issuer.published = [{"x": "y" * MAX_BYTES}]
    with pytest.raises(UnavailableError, match="not a JSON document of a usual size"):
        fetch(issuer.url + JWKS)


def test_who_does_not_listen_is_named() -> None:
    with pytest.raises(UnavailableError, match=r"127\.0\.0\.1:9/x: .*refused"):
        fetch("http://127.0.0.1:9/x?code=secret")
