"""A credential that mints the tokens which Azurite accepts."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from azure.core.credentials import AccessToken


class FakeCredential:
    """Stands in for an identity of `azure-identity`, and remembers what was asked of it.

    Azurite (`--oauth basic`) checks the claims `nbf`, `exp`, `iat`, `iss` and `aud`, and never the
    signature. A negative `lifetime` mints expired tokens.
    """

    def __init__(
        self,
        *,
        lifetime: float = 3600.0,
        audience: str = "https://storage.azure.com",
        claims: Mapping[str, str] | None = None,
    ) -> None:
        self.lifetime = lifetime
        self.audience = audience
        self.claims = claims or {}
        self.scopes: list[tuple[str, ...]] = []
        self.closed = False

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.scopes.append(scopes)
        # An hour back, so that a token that has expired was valid once.
        issued = int(time.time()) - 3600
        expires = int(time.time() + self.lifetime)
        claims = {
            "aud": self.audience,
            "iss": "https://sts.windows-ppe.net/00000000-0000-0000-0000-000000000000/",
            "iat": issued,
            "nbf": issued,
            "exp": expires,
            **self.claims,
        }
        parts = ({"alg": "HS256", "typ": "JWT"}, claims, "unsigned")
        return AccessToken(".".join(map(_encode, parts)), expires)

    def close(self) -> None:
        self.closed = True


def _encode(part: object) -> str:
    return urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
