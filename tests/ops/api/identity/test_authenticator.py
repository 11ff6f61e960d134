"""The principal of a request: by exactly one credential, in one of the forms that clients send."""

from __future__ import annotations

import asyncio
import base64
import threading
import timeit
from functools import partial

import pytest
from starlette.requests import Request

from ingenious_ops.api.errors import ForbiddenError, UnauthenticatedError
from ingenious_ops.api.identity.api_keys import ApiKeys, digest_of, new_key
from ingenious_ops.api.identity.authenticator import Authenticator
from ingenious_ops.api.identity.principal import ANONYMOUS, Access, Principal
from ingenious_storage.config import ApiKey, ApiSettings, Settings
from ingenious_storage.errors import UnavailableError
from tests.ops.api.identity.conftest import Clock, api_settings
from tests.support.issuer import Issuer

KEY, OLD = new_key(), new_key()
KEYS = {
    "ci": {"sha256": digest_of(KEY), "role": "editor", "containers": "data"},
    "old": {"sha256": digest_of(OLD), "role": "admin", "expires": "2020-01-01"},
}


@pytest.fixture
def by_keys() -> Authenticator:
    return Authenticator(Settings(api=ApiSettings.model_validate({"keys": KEYS})))


def request(*headers: tuple[str, str]) -> Request:
    pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    return Request({"type": "http", "headers": pairs})


def who(authenticator: Authenticator, *headers: tuple[str, str]) -> Principal:
    return asyncio.run(authenticator.principal(request(*headers)))


def basic(text: str) -> tuple[str, str]:
    return "Authorization", f"Basic {base64.b64encode(text.encode()).decode()}"


def bearer(text: str) -> tuple[str, str]:
    return "Authorization", f"Bearer {text}"


@pytest.mark.parametrize(
    "header",
    [
        bearer(KEY),
        ("authorization", f"bearer  {KEY} "),
        ("X-API-Key", KEY),
        basic(f"ci:{KEY}"),
    ],
    ids=["bearer", "in other letters", "x-api-key", "basic"],
)
def test_a_key_is_taken_in_each_form(by_keys: Authenticator, header: tuple[str, str]) -> None:
    found = who(by_keys, header)
    assert (found.name, found.grants) == ("key:ci", {"data": Access.EDITOR})


REFUSED: dict[str, tuple[tuple[tuple[str, str], ...], str]] = {
    "nothing": ((), "the request has no credential"),
    "twice": ((bearer(KEY), bearer(KEY)), "the request has several credentials"),
    "both headers": ((bearer(KEY), ("X-API-Key", KEY)), "the request has several credentials"),
    "another key": ((bearer(new_key()),), "the API key is not known"),
    "a key that expired": ((bearer(OLD),), "the API key is not known, or expired"),
    "a digest for a key": ((bearer(digest_of(KEY)),), "the API key is not known"),
    "empty": ((bearer(""),), "neither an API key nor a token"),
    "one without a scheme": ((("Authorization", KEY),), "is not Bearer"),
    "another scheme": ((("Authorization", f"Digest {KEY}"),), "is not Bearer"),
    "with a comma": ((bearer(f"{KEY}, {KEY}"),), "neither an API key nor a token"),
    "not ascii": ((bearer("é"),), "neither an API key nor a token"),
    "with a line end": ((bearer(f"{KEY}\r\nX-API-Key: x"),), "neither an API key nor a token"),
    "another user": ((basic(f"root:{KEY}"),), "the API key has another name"),
    "another password": ((basic("ci:x"),), "the API key is not known"),
    "basic that is none": ((("Authorization", "Basic ?"),), "header is not valid"),
    "basic of a browser": (
        (basic(f"ci:{KEY}"), ("Sec-Fetch-Site", "cross-site")),
        "a browser may not use",
    ),
    "an odd key": ((("X-API-Key", "é"),), "the API key is not known"),
}


@pytest.mark.parametrize(("headers", "problem"), REFUSED.values(), ids=REFUSED)
def test_all_else_is_refused(
    by_keys: Authenticator, headers: tuple[tuple[str, str], ...], problem: str
) -> None:
    with pytest.raises(UnauthenticatedError, match=problem) as caught:
        who(by_keys, *headers)
    assert KEY not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_keys_and_tokens_are_taken_side_by_side(issuer: Issuer) -> None:
    both = Authenticator(Settings(api=api_settings(issuer, keys=KEYS)))
    assert who(both, bearer(KEY)).name == "key:ci"
    assert not issuer.requests
    assert who(both, bearer(issuer.token())).name == "ada"
    assert asyncio.run(both.recognise(KEY)).name == "key:ci"


def test_an_issuer_that_is_down_is_no_refusal(issuer: Issuer) -> None:
    both = Authenticator(Settings(api=api_settings(issuer, keys=KEYS)))
    issuer.down = True
    with pytest.raises(UnavailableError):
        who(both, bearer(issuer.token()))
    assert who(both, bearer(KEY)).name == "key:ci"


def test_nobody_has_to_say_who_they_are_where_nothing_is_configured() -> None:
    opened = Authenticator(Settings())
    assert opened.is_open
    assert who(opened) is ANONYMOUS
    assert who(opened, bearer("whatever")) is ANONYMOUS


def test_a_page_that_is_named_may_change_where_nobody_has_to_say_who_they_are() -> None:
    api = ApiSettings(cors_origins=("https://app.example",))
    opened = Authenticator(Settings(api=api))
    for origin, allowed in (("https://app.example", True), ("https://evil.example", False)):
        asked = request(("Origin", origin), ("Sec-Fetch-Site", "cross-site"))
        asked.scope["method"] = "POST"
        if allowed:
            assert asyncio.run(opened.principal(asked)) is ANONYMOUS
        else:
            with pytest.raises(ForbiddenError, match="a page of another origin"):
                asyncio.run(opened.principal(asked))


def test_the_usual_case_starts_no_thread(issuer: Issuer) -> None:
    both = Authenticator(Settings(api=api_settings(issuer, keys=KEYS)))
    headers = (bearer(issuer.token()), bearer(KEY))

    async def ask() -> set[threading.Thread]:
        await both.principal(request(headers[0]))
        before = {*threading.enumerate()}
        for header in headers * 20:
            await both.principal(request(header))
        return {*threading.enumerate()} - before - _of_the_issuer()

    assert not asyncio.run(ask())


def _of_the_issuer() -> set[threading.Thread]:
    return {each for each in threading.enumerate() if "process_request" in each.name}


def test_an_expiry_is_looked_at_for_every_request() -> None:
    clock = Clock(1000.0)
    key = ApiKey.model_validate({"sha256": digest_of(KEY), "role": "reader", "expires": 1100})
    keys = ApiKeys({"ci": key}, clock=clock)
    assert keys.principal(KEY) is not None
    clock.now = 1100
    assert keys.principal(KEY) is None


def test_the_time_of_a_comparison_says_nothing_of_the_key() -> None:
    """First or last of many, or none: the same work. Who stops at the first needs a 500th."""
    made = [new_key() for _ in range(500)]
    keys = ApiKeys(
        {f"k{n}": ApiKey(sha256=digest_of(key), role="reader") for n, key in enumerate(made)}
    )

    asked = (made[0], made[-1], new_key())
    # In turn: what else the machine does changes with time.
    rounds = [
        [timeit.timeit(partial(keys.principal, key), number=5) for key in asked] for _ in range(15)
    ]
    times = [min(each) for each in zip(*rounds, strict=True)]
    assert max(times) < 10 * min(times)


def test_keys_have_256_random_bits() -> None:
    key = new_key().removeprefix("isk_")
    assert len(base64.urlsafe_b64decode(key + "=")) == 32
