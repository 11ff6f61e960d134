"""Signatures of Azure Storage: what an account key, or a SAS, adds to a request.

Source: "Authorize with Shared Key" of the Azure Storage REST reference, version 2015-02-21 and
later.
"""

from __future__ import annotations

import base64
from binascii import Error, b2a_base64
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from ingenious_storage.backends.azure.hints import PROVE_IDENTITY
from ingenious_storage.backends.rest.calls import UnsignedError
from ingenious_storage.backends.rest.dates import http_date
from ingenious_storage.backends.rest.hmac256 import Hmac256
from ingenious_storage.backends.rest.rules import Rule
from ingenious_storage.errors import AuthenticationError

if TYPE_CHECKING:
    from ingenious_storage.backends.rest.calls import Request

_SIGNED: Final = (
    "Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type",
    "Date", "If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range",
)  # fmt: skip
_ORDER: Final = "!#$%&*.^_`|~+0123456789abcdefghijklmnopqrstuvwxyz"


def order_of(name: str) -> tuple[list[int], list[int]]:
    """What the service sorts a header's name by, in lower case: as words, in which hyphens and
    apostrophes count last.
    """
    letters = [_ORDER.find(char) for char in name if char not in "-'"]
    return letters, ["'-".find(char) for char in name]


class SharedKey:
    """Signs with an account key. Names of the service's own headers begin with `x-ms-`."""

    def __init__(self, account: str, key: str) -> None:
        self._account = account
        try:
            self._hmac: Hmac256 | None = Hmac256(base64.b64decode(key, validate=True))
        except (Error, ValueError):
            self._hmac = None

    def sign(self, request: Request) -> None:
        """Adds `x-ms-date` and `Authorization`. Raises: UnsignedError."""
        if self._hmac is None:
            told = "no credential: the account key is not in base64"
            raise UnsignedError(Rule(AuthenticationError, PROVE_IDENTITY), told)
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
    ours = [name for name in names if name.startswith("x-ms-")]
    ours.sort(key=lambda name: order_of(name.lower()))
    gaps = ["%s" if name in standard else "" for name in _SIGNED]
    lines = ["%s", *gaps, *(name.lower().replace("%", "%%") + ":%s" for name in ours), "/%s%s"]
    return "\n".join(lines), standard + ours


class SasToken:
    """Adds a shared access signature, which needs no key here."""

    def __init__(self, token: str) -> None:
        self._token = token

    def sign(self, request: Request) -> None:
        """Adds the token to the query."""
        request.token = self._token
