"""Signatures of S3: AWS Signature Version 4, in the Authorization header.

Source: "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)" of the
Amazon S3 API reference. Every header that is sent is signed, so a gateway that drops a condition
breaks the signature.
"""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from ingenious_storage.backends.rest.hmac256 import Hmac256
from ingenious_storage.runtime.unpickled import Unpickled, Value

if TYPE_CHECKING:
    from ingenious_storage.backends.rest.calls import Request

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_EMPTY: Final = sha256(b"").hexdigest()
_SPACES: Final = re.compile(" {2,}")
UNSIGNED: Final = "UNSIGNED-PAYLOAD"
"""In place of the body's hash, where TLS guards the body."""


@dataclass(frozen=True, slots=True)
class AccessKey(Value):
    """Who signs. `token` belongs to a temporary key."""

    id: str
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


class Signer(Unpickled):
    """Signs the requests to one host. Thread-safe.

    Args:
        region: that of the bucket.
        host: the Host header, without the port that the scheme has by default.
        is_secure: whether requests go by TLS; else their bodies are hashed and signed.
        clock: seconds since the epoch.
    """

    def __init__(
        self, region: str, host: str, *, is_secure: bool, clock: Callable[[], float] = time.time
    ) -> None:
        self._region, self._host, self._is_secure = region, host, is_secure
        self._clock = clock
        self._now = 0, "", ""
        self._derived: tuple[str, AccessKey, Hmac256] | None = None

    def sign(self, request: Request, key: AccessKey) -> None:
        """Add the headers of a signature. Names of the request's headers are in lower case."""
        second, stamp, day = self._now
        if (now := int(self._clock())) != second:
            stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
            day = stamp[:8]
            self._now = now, stamp, day
        headers = request.headers
        if "authorization" in headers:  # it is sent again, with another key
            del headers["authorization"]
            headers.pop("x-amz-security-token", None)
        digest = self._hash(request.body)
        headers["x-amz-content-sha256"] = digest
        headers["x-amz-date"] = stamp
        if key.token is not None:
            headers["x-amz-security-token"] = key.token
        names = sorted((*headers, "host"))
        signed = ";".join(names)
        values = {**headers, "host": self._host}
        lines = "\n".join([f"{name}:{_canonical(values[name])}" for name in names])
        text = f"{request.method}\n{request.path}\n{_query(request)}\n{lines}\n\n{signed}\n{digest}"
        scope = f"{day}/{self._region}/s3/aws4_request"
        to_sign = f"{_ALGORITHM}\n{stamp}\n{scope}\n{sha256(text.encode()).hexdigest()}"
        signature = self._signing_key(day, key).digest(to_sign.encode()).hex()
        headers["authorization"] = (
            f"{_ALGORITHM} Credential={key.id}/{scope}, SignedHeaders={signed}, "
            f"Signature={signature}"
        )

    def _hash(self, body: bytes) -> str:
        if not body:
            return _EMPTY
        return UNSIGNED if self._is_secure else sha256(body).hexdigest()

    def _signing_key(self, day: str, key: AccessKey) -> Hmac256:
        """It holds for a day and a key, and costs as much as four signatures."""
        derived = self._derived
        if derived is not None and derived[0] == day and derived[1] is key:
            return derived[2]
        made = f"AWS4{key.secret}".encode()
        for part in (day, self._region, "s3", "aws4_request"):
            made = hmac.digest(made, part.encode(), "sha256")
        signing = Hmac256(made)
        self._derived = day, key, signing
        return signing


def _canonical(value: str) -> str:
    value = value.strip(" \t")
    return _SPACES.sub(" ", value) if "  " in value else value


def _query(request: Request) -> str:
    """The pairs in the order of their encoded bytes; a name without a value has "=" too."""
    if not request.query:
        return ""
    pairs = ((quote(name, safe=""), quote(value, safe="")) for name, value in request.query.items())
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))
