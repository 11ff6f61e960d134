"""Signatures of Azure Storage: the shared key's.

Source: "Authorize with Shared Key" of the Azure Storage REST reference, version 2015-02-21 and
later.
"""

from __future__ import annotations

import base64
from binascii import b2a_base64
from hmac import digest as hmac_digest
from typing import TYPE_CHECKING, Final

from ingenious_storage.backends.rest.dates import http_date

if TYPE_CHECKING:
    from ingenious_storage.backends.rest.calls import Request

_SIGNED: Final = (
    "Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type",
    "Date", "If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range",
)  # fmt: skip
_LENGTH: Final = _SIGNED.index("Content-Length")


class SharedKey:
    """Signs with an account key."""

    def __init__(self, account: str, key: str) -> None:
        self._account, self._key = account, base64.b64decode(key)

    def sign(self, request: Request) -> None:
        """Adds `x-ms-date` and `Authorization`."""
        headers, body = request.headers, request.body
        headers["x-ms-date"] = http_date()
        standard = [headers.get(name, "") for name in _SIGNED]
        if body:
            standard[_LENGTH] = str(len(body))
        ours = sorted([item for item in headers.items() if item[0].startswith("x-ms-")])
        lines = [
            request.method,
            *standard,
            *[f"{name}:{value}" for name, value in ours],
            f"/{self._account}{request.path}",
        ]
        if request.query:
            lines += [f"{name}:{value}" for name, value in sorted(request.query.items())]
        digest = hmac_digest(self._key, "\n".join(lines).encode(), "sha256")
        signature = b2a_base64(digest, newline=False).decode()
        headers["Authorization"] = f"SharedKey {self._account}:{signature}"
