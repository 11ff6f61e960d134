"""JWKS: the public keys of an issuer, each with the signatures that it verifies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.exceptions import PyJWTError

_RSA: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_OF_CURVE: Final[Mapping[str, tuple[str, ...]]] = {
    "P-256": ("ES256",),
    "P-384": ("ES384",),
    "P-521": ("ES512",),
    "Ed25519": ("EdDSA",),
    "Ed448": ("EdDSA",),
}
_MIN_RSA_BITS: Final = 2048


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One key."""

    kid: str | None
    algorithms: frozenset[str]
    key: Any


@dataclass(frozen=True, slots=True)
class KeySet:
    """All keys of an issuer that can verify something."""

    keys: tuple[PublicKey, ...] = ()

    def fitting(self, kid: str | None, algorithm: str) -> list[PublicKey]:
        """The keys that a token may be signed with; of a token that names none the only one."""
        able = [key for key in self.keys if algorithm in key.algorithms]
        if kid is None:
            return able if len(able) == 1 else []
        return [key for key in able if key.kid == kid]


def key_set_of(content: Mapping[str, Any], algorithms: Iterable[str]) -> KeySet:
    """What a JWKS document holds; keys for other purposes, and weak ones, are left out.

    Raises: ValueError for what is no such document.
    """
    found = content.get("keys")
    if not isinstance(found, list):
        raise ValueError("no list of keys")  # noqa: TRY004  # of what was sent, not of the call
    allowed = frozenset(algorithms)
    keys = (_key_of(each, allowed) for each in found if isinstance(each, dict))
    return KeySet(tuple(key for key in keys if key is not None))


def _key_of(jwk: Mapping[str, Any], allowed: frozenset[str]) -> PublicKey | None:
    """None for a key of symmetric or unknown kind, for encryption, private or too short."""
    is_rsa = jwk.get("kty") == "RSA"
    able = _RSA if is_rsa else _OF_CURVE.get(str(jwk.get("crv")), ())
    stated = jwk.get("alg")
    fitting = allowed.intersection(able if stated is None else set(able) & {stated})
    if not fitting or jwk.get("use", "sig") != "sig" or "d" in jwk:
        return None
    try:
        key = PyJWK(dict(jwk), algorithm=next(iter(fitting))).key
    except (PyJWTError, ValueError, TypeError, KeyError):
        return None
    if isinstance(key, RSAPublicKey) and key.key_size < _MIN_RSA_BITS:
        return None
    kid = jwk.get("kid")
    return PublicKey(kid if isinstance(kid, str) else None, fitting, key)
