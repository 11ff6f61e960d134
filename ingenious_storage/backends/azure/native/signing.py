"""Signatures of Azure Storage: the shared key's.

Source: "Authorize with Shared Key" of the Azure Storage REST reference, version 2015-02-21 and
later.
"""

from __future__ import annotations

import base64
import hmac
from typing import TYPE_CHECKING, Final

from ingenious_storage.backends.rest.dates import http_date

if TYPE_CHECKING:
    from ingenious_storage.backends.rest.calls import Request

_SIGNED: Final = (
    "Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type",
    "Date", "If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range",
)  # fmt: skip


class SharedKey:
    """Signs with an account key."""

    def __init__(self, account: str, key: str) -> None:
        self._account, self._key = account, base64.b64decode(key)

    def sign(self, request: Request) -> None:
        """Adds `x-ms-date` and `Authorization`."""
        headers = request.headers
        headers["x-ms-date"] = http_date()
        get, length = headers.get, str(len(request.body) or "")
        ours = sorted(
            (name.lower(), value) for name, value in headers.items() if name[:5] == "x-ms-"
        )
        text = "\n".join(
            (
                request.method,
                *(length if name == "Content-Length" else get(name, "") for name in _SIGNED),
                *(f"{name}:{value}" for name, value in ours),
                f"/{self._account}{request.path}",
                *(f"{name.lower()}:{value}" for name, value in sorted(request.query.items())),
            )
        )
        digest = hmac.digest(self._key, text.encode(), "sha256")
        signature = base64.b64encode(digest).decode()
        headers["Authorization"] = f"SharedKey {self._account}:{signature}"
