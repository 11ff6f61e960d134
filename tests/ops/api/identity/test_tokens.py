"""Tokens of a real issuer: which count, and what their claims grant."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ingenious_ops.api.errors import UnauthenticatedError
from ingenious_ops.api.identity import issuer as module
from ingenious_ops.api.identity.principal import MAX_NAME, Access, Principal
from ingenious_ops.api.identity.tokens import MAX_TOKEN, REMEMBERED_FOR, Tokens
from ingenious_storage.config import Settings
from tests.ops.api.identity.conftest import Clock, api_settings
from tests.support.issuer import AUDIENCE, Issuer, SigningKey, key


def tokens(issuer: Issuer, **settings: Any) -> Tokens:
    chosen = Settings(api=api_settings(issuer, **settings))
    return Tokens(chosen.api, module.Issuer(chosen))


def who(issuer: Issuer, token: str, **settings: Any) -> Principal:
    return asyncio.run(tokens(issuer, **settings).principal(token))


def segment(content: Any) -> str:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def test_a_good_token_names_somebody(issuer: Issuer) -> None:
    found = who(issuer, issuer.token())
    assert found.name == "ada"
    assert found.grants == {"data": Access.READER, "revisions": Access.READER}
    assert found.api_key is None
    assert who(issuer, issuer.token(key("curve", "ES256"))).name == "ada"


NOW = int(time.time())
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "expired": ({"exp": NOW - 61, "iat": NOW - 600, "nbf": NOW - 600}, "the token is expired"),
    "not valid yet": ({"nbf": NOW + 3600}, "the token is not valid yet"),
    "issued in the future": ({"iat": NOW + 3600}, "the token is not valid yet"),
    "another audience": ({"aud": "api://other"}, "the token is for another audience"),
    "no audience of several": ({"aud": ["a", "b"]}, "the token is for another audience"),
    "another issuer": ({"iss": "https://evil.example"}, "the token is of another issuer"),
    **{
        f"without {claim}": ({claim: None}, "the token lacks one of the claims")
        for claim in ("exp", "iat", "aud", "iss", "sub")
    },
    "an end that is no number": ({"exp": "soon"}, "the token is not a JWT that is signed"),
    "without a name": ({"sub": " "}, "the token has no sub"),
}


@pytest.mark.parametrize(("claims", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_token_that_does_not_count_is_refused(
    issuer: Issuer, claims: dict[str, Any], reason: str
) -> None:
    token = issuer.token(**claims)
    with pytest.raises(UnauthenticatedError, match=f"^{reason}") as caught:
        who(issuer, token)
    assert token.rpartition(".")[2] not in repr(caught.value)


def test_clocks_may_differ_by_a_minute(issuer: Issuer) -> None:
    assert who(issuer, issuer.token(exp=int(time.time()) - 30)).name == "ada"
    ahead = int(time.time()) + 30
    assert who(issuer, issuer.token(nbf=ahead, iat=ahead)).name == "ada"


def test_none_is_no_signature(issuer: Issuer) -> None:
    for name in ("none", "None", "nOnE"):
        header = segment({"alg": name, "typ": "JWT", "kid": "one"})
        for signature in ("", "AAAA"):
            token = f"{header}.{segment(issuer.claims())}.{signature}"
            with pytest.raises(UnauthenticatedError, match="algorithm that is not taken"):
                who(issuer, token)


def test_a_public_key_is_no_secret_of_hmac(issuer: Issuer) -> None:
    public = key("one").private.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    secrets = (pem, pem.strip(), json.dumps(key("one").jwk()).encode())
    for secret in secrets:
        said = f"{segment({'alg': 'HS256', 'kid': 'one'})}.{segment(issuer.claims())}"
        forged = f"{said}.{segment(hmac.digest(secret, said.encode(), 'sha256'))}"
        with pytest.raises(UnauthenticatedError, match="algorithm that is not taken"):
            who(issuer, forged)


def test_the_algorithm_is_one_that_the_key_is_for(issuer: Issuer) -> None:
    token = issuer.token(SigningKey("curve", "RS256"))  # the kid of the curve
    with pytest.raises(UnauthenticatedError, match="key that its issuer does not publish"):
        who(issuer, token)


def test_a_signature_of_another_key_is_refused(issuer: Issuer) -> None:
    stranger = key("stranger")
    with pytest.raises(UnauthenticatedError, match="signature of the token is wrong"):
        who(issuer, issuer.token(stranger, headers={"kid": "one"}))
    with pytest.raises(UnauthenticatedError, match="key that its issuer does not publish"):
        who(issuer, issuer.token(stranger))


def test_a_token_brings_no_key_of_its_own(issuer: Issuer) -> None:
    stranger = key("stranger")
    url = f"{issuer.url}/evil"
    headers = {"kid": "one", "jwk": stranger.jwk(), "jku": url, "x5u": url}
    with pytest.raises(UnauthenticatedError, match="signature of the token is wrong"):
        who(issuer, issuer.token(stranger, headers=headers))
    assert "/evil" not in issuer.requests


def test_claims_that_were_changed_break_the_signature(issuer: Issuer) -> None:
    header, _, signature = issuer.token().split(".")
    forged = f"{header}.{segment(issuer.claims(roles=['owners']))}.{signature}"
    with pytest.raises(UnauthenticatedError, match="signature of the token is wrong"):
        who(issuer, forged)


def test_a_critical_header_that_is_not_known_is_refused(issuer: Issuer) -> None:
    token = issuer.token(headers={"crit": ["exp2"], "exp2": 1})
    with pytest.raises(UnauthenticatedError):
        who(issuer, token)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a",
        "a.b",
        "a.b.c",
        "....",
        f"{segment({'alg': 'RS256'})}.{segment([])}.AAAA",
        f"{segment([])}.{segment({})}.AAAA",
        f"{segment({'alg': ['RS256']})}.{segment({})}.AAAA",
        f"{segment({'alg': 'RS256', 'kid': {}})}.{segment({})}.AAAA",
        f"{segment(b'{' * 5000)}.{segment({})}.AAAA",
        "x" * (MAX_TOKEN + 1),
    ],
    ids=range(11),
)
def test_what_is_no_token_is_refused(issuer: Issuer, token: str) -> None:
    with pytest.raises(UnauthenticatedError):
        who(issuer, token)


def test_a_key_that_the_issuer_changed_counts_at_once(issuer: Issuer) -> None:
    taken = tokens(issuer)

    async def story() -> None:
        await taken.principal(issuer.token())
        issuer.published = [key("two").jwk()]
        assert (await taken.principal(issuer.token(key("two")))).name == "ada"
        with pytest.raises(UnauthenticatedError):
            await taken.principal(issuer.token(sub="new"))  # signed with the key that is gone

    asyncio.run(story())


def test_a_verified_token_is_remembered_for_a_minute_at_most(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified = []
    decode = Tokens._decoded

    def counted(*args: Any) -> dict[str, Any]:
        verified.append(args)
        return decode(*args)

    monkeypatch.setattr(Tokens, "_decoded", counted)
    clock = Clock(time.time())
    settings = Settings(api=api_settings(issuer))
    taken = Tokens(settings.api, module.Issuer(settings), clock=clock)
    long, short = issuer.token(), issuer.token(exp=int(clock.now) + 10)

    async def ask(token: str) -> int:
        await taken.principal(token)
        return len(verified)

    assert [asyncio.run(ask(long)) for _ in range(3)] == [1, 1, 1]
    assert [asyncio.run(ask(short)) for _ in range(2)] == [2, 2]
    clock.now += 11
    assert asyncio.run(ask(short)) == 3  # its end had passed: it is looked at again
    clock.now += REMEMBERED_FOR - 11
    assert asyncio.run(ask(long)) == 4
    held = repr(vars(taken))
    assert long not in held
    assert long.rpartition(".")[2] not in held


ROLES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Access]]] = {
    "none": ({"roles": []}, {}, {}),
    "no claim": ({"roles": None}, {}, {}),
    "unknown": ({"roles": ["strangers", 7, None]}, {}, {}),
    "no list": ({"roles": {"owners": True}}, {}, {}),
    "the highest counts": (
        {"roles": ["readers", "writers"]},
        {},
        {"data": Access.READER, "revisions": Access.EDITOR},
    ),
    "a text is a list": (
        {"scp": "openid owners"},
        {"roles_claim": "scp"},
        {"data": Access.ADMIN, "revisions": Access.ADMIN},
    ),
    "dots lead into objects": (
        {"realm_access": {"roles": ["writers"]}},
        {"roles_claim": "realm_access.roles"},
        {"revisions": Access.EDITOR},
    ),
    "a name with dots": (
        {"https://contoso.example/roles": ["writers"]},
        {"roles_claim": "https://contoso.example/roles"},
        {"revisions": Access.EDITOR},
    ),
    "dots that lead nowhere": ({"roles": ["owners"]}, {"roles_claim": "roles.owners"}, {}),
}


@pytest.mark.parametrize(("claims", "settings", "grants"), ROLES.values(), ids=ROLES)
def test_claims_grant_what_the_configuration_says(
    issuer: Issuer, claims: dict[str, Any], settings: dict[str, Any], grants: dict[str, Access]
) -> None:
    assert who(issuer, issuer.token(**claims), **settings).grants == grants


NAMES: dict[str, tuple[str, str]] = {
    "plain": ("Ada Lovelace", "Ada Lovelace"),
    "lines": ("ada\nroot: granted\r\x1b[2J", "ada�root: granted��[2J"),
    "direction": ("ada\u202eevil", "ada�evil"),
    "long": ("x" * 500, "x" * MAX_NAME),
    "as a key": ("key:release-bot", "user:key:release-bot"),
    "as nobody": ("Anonymous", "user:Anonymous"),
}


@pytest.mark.parametrize(("claimed", "name"), NAMES.values(), ids=NAMES)
def test_a_name_is_safe_for_logs_and_is_no_keys(issuer: Issuer, claimed: str, name: str) -> None:
    assert who(issuer, issuer.token(sub=claimed)).name == name


def test_the_first_claim_that_is_there_names(issuer: Issuer) -> None:
    claim = {"name_claim": "preferred_username, sub"}
    named = issuer.token(preferred_username="ada@contoso.example")
    assert who(issuer, named, **claim).name == "ada@contoso.example"
    assert who(issuer, issuer.token(), **claim).name == "ada"


def test_the_token_of_a_test_is_what_other_libraries_take(issuer: Issuer) -> None:
    """So that what is refused here is refused for its one fault."""
    public = key("one").private.public_key()
    assert jwt.decode(issuer.token(), public, ["RS256"], audience=AUDIENCE)["sub"] == "ada"
