"""Batches: many deletes in one request, each signed for itself.

Source: "Blob Batch" of the Azure Storage REST reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ingenious_storage.backends.rest.calls import Request

MOST: Final = 256
"""Requests of one batch."""
_HEAD: Final = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"


def written(requests: Iterable[Request]) -> tuple[str, bytes]:
    """(content type, body) of a batch of signed requests that have no bodies."""
    boundary = f"batch_{uuid4()}"
    lines: list[str] = []
    for number, request in enumerate(requests):
        lines += [f"--{boundary}", f"{_HEAD}Content-ID: {number}", ""]
        lines.append(f"{request.method} {request.target} HTTP/1.1")
        lines += [f"{name}: {value}" for name, value in request.headers.items()]
        lines += ["Content-Length: 0", "", ""]
    lines += [f"--{boundary}--", ""]
    return f"multipart/mixed; boundary={boundary}", "\r\n".join(lines).encode("latin-1")


def are_gone(headers: Mapping[str, str], body: bytes, count: int) -> bool:
    """Whether the answer to a batch of `count` deletes says of each that its blob is gone.

    The service may give its parts in any order, and what it says of one has no name in it. So only
    a batch that is gone as a whole tells something.
    """
    boundary = headers.get("content-type", "").partition("boundary=")[2].strip('"')
    parts = body.split(f"--{boundary}".encode())[1:-1] if boundary else []
    return len(parts) == count and all(map(_is_gone, parts))


def _is_gone(part: bytes) -> bool:
    answer = part.partition(b"\r\n\r\n")[2]
    if answer.startswith(b"HTTP/1.1 202"):
        return True
    head = answer.partition(b"\r\n\r\n")[0].lower()
    return answer.startswith(b"HTTP/1.1 404") and b"\r\nx-ms-error-code: blobnotfound\r\n" in (
        head + b"\r\n"
    )
