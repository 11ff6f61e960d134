"""API keys: 256 random bits that a program shows; the configuration holds their digests alone.

A digest is one SHA-256: a slow hash makes guessing expensive, and nobody guesses 256 random bits.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Final

from ingenious_ops.api.identity.principal import Principal, grants_of
from ingenious_storage.config import ApiKey

PREFIX: Final = "isk_"
"""What each key begins with, so that scanners for secrets find one that was published."""
NAMED: Final = "key:"
"""What the author of its changes begins with."""
_SHOWN: Final = 16  # hexadecimal digits of a digest that tell keys apart


def new_key() -> str:
    """A key that nobody had before."""
    return PREFIX + secrets.token_urlsafe(32)


def digest_of(key: str) -> str:
    """The SHA-256 of a key in hexadecimal, as `api.keys` holds it."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


class ApiKeys:
    """The keys of the configuration."""

    def __init__(
        self, keys: Mapping[str, ApiKey], *, clock: Callable[[], float] = time.time
    ) -> None:
        self._clock = clock
        self._keys: Final = [
            (_principal(name, key), bytes.fromhex(key.sha256)) for name, key in keys.items()
        ]

    def principal(self, key: str) -> Principal | None:
        """Who shows `key`, None for one that is unknown or expired."""
        found = self._configured(key)
        return found[0] if found and self._is_valid(found[0]) else None

    def is_expired(self, key: str) -> bool:
        """Whether `key` is one that counted until it expired: its holder is told no more."""
        return any(not self._is_valid(who) for who in self._configured(key))

    def renewed(self, name: str, api_key: str) -> Principal | None:
        """The same as they are configured now, None when the key is withdrawn or expired."""
        known = (who for who, _ in self._keys if (who.name, who.api_key) == (name, api_key))
        return next(filter(self._is_valid, known), None)

    def _configured(self, key: str) -> list[Principal]:
        digest = bytes.fromhex(digest_of(key))
        # All are compared, so that the time says nothing about which begins alike.
        return [who for who, known in self._keys if hmac.compare_digest(known, digest)]

    def _is_valid(self, who: Principal) -> bool:
        return who.expires is None or self._clock() < who.expires


def _principal(name: str, key: ApiKey) -> Principal:
    expires = None if key.expires is None else key.expires.timestamp()
    return Principal(NAMED + name, grants_of([key]), expires, key.sha256[:_SHOWN])
