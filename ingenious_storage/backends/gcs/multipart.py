"""Multipart: an object's JSON and its bytes in one body (RFC 2387)."""

from __future__ import annotations

from functools import lru_cache
from uuid import uuid4

_boundary = uuid4().hex
"""Looked for in the data, as whoever has seen one request knows it."""


def related(resource: bytes, content_type: str, data: bytes) -> tuple[dict[str, str], bytes]:
    """Headers and body; the content type is printable ASCII."""
    boundary = _boundary
    while boundary.encode() in data:
        boundary = uuid4().hex
    headers = {"Content-Type": f"multipart/related; boundary={boundary}"}
    before, behind = _around(boundary, resource, content_type)
    return headers, b"".join((before, data, behind))


@lru_cache(maxsize=16)
def _around(boundary: str, resource: bytes, content_type: str) -> tuple[bytes, bytes]:
    """What stands before the bytes and behind them: most objects are written alike."""
    before = (
        f"--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n",
        f"\r\n--{boundary}\r\nContent-Type: {content_type}\r\n\r\n",
    )
    return before[0].encode() + resource + before[1].encode(), f"\r\n--{boundary}--\r\n".encode()
