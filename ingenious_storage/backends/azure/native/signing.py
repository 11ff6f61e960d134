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


class SharedKey:
    """Signs with an account key. Names of the service's own headers, `x-ms-`, are in lower case."""

    def __init__(self, account: str, key: str) -> None:
        self._account, self._hmac = account, Hmac256(base64.b64decode(key))

    def sign(self, request: Request) -> None:
        """Adds `x-ms-date` and `Authorization`."""
        headers, length = request.headers, len(request.body) or ""
        headers["x-ms-date"] = http_date()
        form, names = _form(tuple(headers))
        values = [headers.get(name, length) for name in names]
        text = form % (request.method, *values, self._account, request.path)
        if request.query:
            text += "".join([f"\n{name}:{value}" for name, value in sorted(request.query.items())])
        digest = self._hmac.digest(text.encode())
        signature = b2a_base64(digest, newline=False).decode()
        headers["Authorization"] = f"SharedKey {self._account}:{signature}"


@lru_cache(maxsize=256)
def _form(names: tuple[str, ...]) -> tuple[str, list[str]]:
    """What is signed, with gaps for method, headers, account and path; which headers these are.

    Only the framing sets Content-Length, so that it is not among `names`.
    """
    standard = [name for name in _SIGNED if name in names or name == "Content-Length"]
    ours = sorted(name for name in names if name.startswith("x-ms-"))
    gaps = ["%s" if name in standard else "" for name in _SIGNED]
    lines = ["%s", *gaps, *(name.replace("%", "%%") + ":%s" for name in ours), "/%s%s"]
    return "\n".join(lines), standard + ours
