"""Seal: what a browser keeps for this program, and can neither read nor change."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr


def derived(secret: SecretStr | None, purpose: str) -> bytes:
    """A key for one purpose, of 32 bytes; without a secret one that ends with the process."""
    master = secrets.token_bytes(32) if secret is None else secret.get_secret_value().encode()
    info = f"ingenious-storage console {purpose}".encode()
    return HKDF(SHA256(), 32, salt=None, info=info).derive(master)


class Seal:
    """Seals for one purpose, with an end that is sealed too."""

    def __init__(
        self, secret: SecretStr | None, purpose: str, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._box: Final = Fernet(base64.urlsafe_b64encode(derived(secret, purpose)))
        self._clock: Final = clock

    def sealed(self, content: Mapping[str, Any], *, ends: float) -> str:
        """`content` as text for a cookie, good until `ends` in seconds since 1970."""
        data = orjson.dumps({**content, "ends": ends})
        return self._box.encrypt_at_time(data, int(self._clock())).decode()

    def opened(self, text: str) -> dict[str, Any] | None:
        """What was sealed, None for what was not sealed here, or is over."""
        try:
            content: dict[str, Any] = orjson.loads(self._box.decrypt(text))
        except (InvalidToken, ValueError):  # the latter for what is not ASCII
            return None
        return content if self._clock() < content["ends"] else None
