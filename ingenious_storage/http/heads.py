"""Request heads: written so that no value of a caller can end a line or begin another request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TARGET: Final = re.compile(r"[!-~]+")
_OURS: Final = frozenset({"host", "content-length", "transfer-encoding", "connection", "te"})
"""Headers that decide where a message ends, or who it is for."""
_HAS_CONTENT: Final = frozenset({"PUT", "POST", "PATCH"})


@lru_cache(maxsize=256)
def _is_name(name: str) -> bool:
    return _TOKEN.fullmatch(name) is not None and name.lower() not in _OURS


def request_head(
    method: str, target: str, host: str, headers: Mapping[str, str], length: int
) -> bytes:
    """The bytes before the body, by RFC 9112, sections 3 and 6.

    Args:
        target: path and query, percent-encoded; a whole URL for a proxy.
        length: bytes of the body that follows.

    Raises: ValueError for a name, a value or a target that is not one.
    """
    if not _TARGET.fullmatch(target) or not _is_name(method):
        raise ValueError("the request line has characters that do not belong there")
    if not all(map(_is_name, headers)):
        raise ValueError("a header has a name that is none, or that the framing sets itself")
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if length or method in _HAS_CONTENT:
        lines.append(f"Content-Length: {length}")
    head = "\r\n".join(lines)
    # A value that holds a line break adds one to those that join the lines.
    if head.count("\n") != len(lines) - 1 or head.count("\r") != len(lines) - 1 or "\0" in head:
        raise ValueError("the value of a header holds a line break or a NUL")
    try:
        return f"{head}\r\n\r\n".encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError("the value of a header holds a character beyond Latin-1") from None
