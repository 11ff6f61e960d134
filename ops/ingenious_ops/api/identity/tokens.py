"""Tokens: JWTs of the configured issuer, verified, and what their claims grant here.

A token that was verified is remembered, by its digest alone, for a minute at most: that is also how
long the key of a token counts after the issuer withdrew it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import jwt
from cachetools import LRUCache
from jwt.exceptions import (
    DecodeError,
    ExpiredSignatureError,
    ImmatureSignatureError,
    InvalidAlgorithmError,
    InvalidAudienceError,
    InvalidIssuerError,
    InvalidSignatureError,
    MissingRequiredClaimError,
    PyJWTError,
)

from ingenious_ops.api.errors import UnauthenticatedError
from ingenious_ops.api.identity.issuer import Issuer
from ingenious_ops.api.identity.principal import Principal, grants_of, safe_name
from ingenious_storage.config import ApiSettings

LEEWAY: Final = 60.0
"""How far the clocks of two machines may differ, in seconds."""
MAX_TOKEN: Final = 16 * 1024
"""Characters."""
REMEMBERED: Final = 10_000
"""How many verified tokens are remembered at most."""
REMEMBERED_FOR: Final = 60.0
"""For how many seconds."""
# Not nbf: issuers need not send it; it is checked where it is.
_REQUIRED: Final = ("exp", "iat", "iss", "aud", "sub")
_REASONS: Final[Mapping[type[PyJWTError], str]] = {
    ExpiredSignatureError: "the token is expired",
    ImmatureSignatureError: "the token is not valid yet",
    InvalidAudienceError: "the token is for another audience",
    InvalidIssuerError: "the token is of another issuer",
    InvalidSignatureError: "the signature of the token is wrong",
    InvalidAlgorithmError: "the token is signed by an algorithm that is not taken",
    MissingRequiredClaimError: "the token lacks one of the claims exp, iat, iss, aud, sub",
    DecodeError: "the token is not a JWT that is signed",
}


class Tokens:
    """Verifies the tokens of one issuer. Belongs to one event loop."""

    def __init__(
        self, settings: ApiSettings, issuer: Issuer, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._settings, self._issuer, self._clock = settings, issuer, clock
        self._known: Final[LRUCache[bytes, tuple[Principal, float]]] = LRUCache(REMEMBERED)
        """By the digest of the token: whose it is, and until when that counts."""

    async def principal(self, token: str) -> Principal:
        """Whose token this is; of ASCII, as the Authenticator saw to.

        Raises: UnauthenticatedError for one that does not count; UnavailableError when the
            issuer's keys cannot be had.
        """
        digest = hashlib.sha256(token.encode()).digest()
        known = self._known.get(digest)
        if known is not None and self._clock() < known[1]:
            return known[0]
        principal = self.principal_of(await self.claims(token, self._settings.audience))
        until = min(self._clock() + REMEMBERED_FOR, principal.expires or 0.0)
        self._known[digest] = principal, until
        return principal

    async def claims(self, token: str, audience: tuple[str, ...]) -> dict[str, Any]:
        """The claims of a token for one of `audience`. Raises as `principal` does."""
        kid, algorithm = self._header(token)
        keys = await self._issuer.keys(kid, algorithm)
        if not keys:
            raise _refused("the token is signed by a key that its issuer does not publish")
        failure: PyJWTError = InvalidSignatureError()
        for each in keys:
            try:
                return self._decoded(token, each.key, algorithm, audience)
            except PyJWTError as error:
                failure = error
        raise _refused_by(failure)

    def _decoded(
        self, token: str, key: Any, algorithm: str, audience: tuple[str, ...]
    ) -> dict[str, Any]:
        return jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=audience,
            issuer=self._settings.issuer,
            leeway=LEEWAY,
            options={"require": [*_REQUIRED]},
        )

    def _header(self, token: str) -> tuple[str | None, str]:
        if len(token) > MAX_TOKEN:
            raise _refused("the token is too long")
        try:
            header = jwt.get_unverified_header(token)
        except PyJWTError as error:
            raise _refused_by(error) from None
        algorithm = header.get("alg")
        if algorithm not in self._settings.algorithms:
            raise _refused(_REASONS[InvalidAlgorithmError])
        return header.get("kid"), algorithm

    def principal_of(self, claims: Mapping[str, Any]) -> Principal:
        """Whom verified claims name. Raises: UnauthenticatedError for nobody."""
        named = (claims.get(claim) for claim in self._settings.name_claim)
        name = next((each for each in named if isinstance(each, str) and each.strip()), None)
        if name is None:
            raise _refused(f"the token has no {' or '.join(self._settings.name_claim)}")
        roles = self._settings.roles
        granted = (roles[each] for each in self._values(claims) if each in roles)
        return Principal(safe_name(name), grants_of(granted), float(claims["exp"]))

    def _values(self, claims: Mapping[str, Any]) -> Iterator[str]:
        """Those of the claim of roles: a list, or a text with spaces between, as `scp` is."""
        found = _looked_up(claims, self._settings.roles_claim)
        each = found.split() if isinstance(found, str) else found
        yield from (one for one in each if isinstance(one, str)) if isinstance(each, list) else ()


def _looked_up(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name, which may have dots; else by the way that the dots are."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _refused(problem: str) -> UnauthenticatedError:
    return UnauthenticatedError(problem)


def _refused_by(error: PyJWTError) -> UnauthenticatedError:
    """Without the text of the library, which may quote what was sent."""
    known = (_REASONS[kind] for kind in type(error).__mro__ if kind in _REASONS)
    problem = next(known, "the token is not valid")
    if isinstance(error, ExpiredSignatureError):
        return UnauthenticatedError(problem, reason="expired")
    return _refused(problem)
