"""Multipart: an object's JSON and its bytes in one body (RFC 2387)."""

from __future__ import annotations

from uuid import uuid4


def related(resource: bytes, content_type: str, data: bytes) -> tuple[dict[str, str], bytes]:
    """Headers and body. The content type is printable ASCII; the boundary is a number of 128 bits,
    which is in no data.
    """
    boundary = uuid4().hex
    line = f"--{boundary}".encode()
    body = b"\r\n".join(
        (
            line,
            b"Content-Type: application/json; charset=UTF-8",
            b"",
            resource,
            line,
            b"Content-Type: " + content_type.encode("ascii"),
            b"",
            data,
            line + b"--",
            b"",
        )
    )
    return {"Content-Type": f"multipart/related; boundary={boundary}"}, body
