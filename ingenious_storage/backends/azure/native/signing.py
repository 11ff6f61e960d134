"""Signatures of Azure Storage: the shared key's.

Source: "Authorize with Shared Key" of the Azure Storage REST reference, version 2015-02-21 and
later.
"""

from __future__ import annotations

import base64
from binascii import b2a_base64
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from ingenious_storage.backends.rest.dates import http_date
from ingenious_storage.backends.rest.hmac256 import Hmac256

if TYPE_CHECKING:
    from ingenious_storage.backends.rest.calls import Request

_SIGNED: Final = (
    "Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type",
    "Date", "If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range",
)  # fmt: skip
_LENGTH: Final = 1 + _SIGNED.index("Content-Length")


class SharedKey:
    """Signs with an account key. Names of the service's own headers, `x-ms-`, are in lower case."""

    def __init__(self, account: str, key: str) -> None:
        self._account, self._hmac = account, Hmac256(base64.b64decode(key))

    def sign(self, request: Request) -> None:
        """Adds `x-ms-date` and `Authorization`."""
        headers, body = request.headers, request.body
        headers["x-ms-date"] = http_date()
        standard, ours = _layout(tuple(headers))
        lines = [
            request.method,
            *[headers[name] if name else "" for name in standard],
            *[f"{name}:{headers[name]}" for name in ours],
            f"/{self._account}{request.path}",
        ]
        if body:
            lines[_LENGTH] = str(len(body))
        if request.query:
            lines += [f"{name}:{value}" for name, value in sorted(request.query.items())]
        digest = self._hmac.digest("\n".join(lines).encode())
        signature = b2a_base64(digest, newline=False).decode()
        headers["Authorization"] = f"SharedKey {self._account}:{signature}"


@lru_cache(maxsize=256)
def _layout(names: tuple[str, ...]) -> tuple[list[str | None], list[str]]:
    """The headers of each line of what is signed: few kinds of request have the same ones."""
    standard = [name if name in names else None for name in _SIGNED]
    return standard, sorted(name for name in names if name.startswith("x-ms-"))
