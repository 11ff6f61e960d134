"""Claims in a token of Entra ID. They are read for people, and never trusted."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Claims:
    """None for what the token does not say.

    Source of the names: "Access token claims reference" of the Microsoft identity platform.
    """

    tenant: str | None = None
    object_id: str | None = None
    application: str | None = None


def read_claims(token: str) -> Claims:
    """The claims of a JWT; none of anything else, as a token is opaque by contract."""
    parts = token.split(".")
    if len(parts) != 3:
        return Claims()
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        found: Any = json.loads(base64.urlsafe_b64decode(padded))
    except (binascii.Error, ValueError):
        return Claims()
    if not isinstance(found, dict):
        return Claims()

    def text(*names: str) -> str | None:
        return next((str(found[name]) for name in names if isinstance(found.get(name), str)), None)

    return Claims(text("tid"), text("oid"), text("appid", "azp"))
