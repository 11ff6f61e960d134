"""Request heads: written so that no value of a caller can end a line or begin another request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TARGET: Final = re.compile(r"[!-~]+")
_OURS: Final = frozenset(
    {"host", "content-length", "transfer-encoding", "te", "trailer", "expect", "upgrade"}
    | {"connection", "keep-alive", "proxy-connection"}
)
"""Headers that decide where a message ends, who it is for, or what follows on the connection."""
_HAS_CONTENT: Final = frozenset({"PUT", "POST", "PATCH"})


@lru_cache(maxsize=256)
def _form(names: tuple[str, ...], *, has_content: bool) -> tuple[str, int]:
    """A head with gaps for the values, and its number of lines: few kinds of request differ."""
    if not all(_TOKEN.fullmatch(name) and name.lower() not in _OURS for name in names):
        raise ValueError("a header has a name that is none, or that the framing sets itself")
    fields = [f"{name}: %s" for name in ("Host", *(name.replace("%", "%%") for name in names))]
    length = ["Content-Length: %s"] if has_content else []
    lines = ["%s %s HTTP/1.1", *fields, *length, "", ""]
    return "\r\n".join(lines), len(lines) - 1


def request_head(
    method: str, target: str, host: str, headers: Mapping[str, str], length: int
) -> bytes:
    """The bytes before the body, by RFC 9112, sections 3 and 6.

    Args:
        target: path and query, percent-encoded; a whole URL for a proxy.
        length: bytes of the body that follows.

    Raises: ValueError for a name, a value or a target that is not one.
    """
    if not _TARGET.fullmatch(target) or not _TOKEN.fullmatch(method):
        raise ValueError("the request line has characters that do not belong there")
    has_content = length > 0 or method in _HAS_CONTENT
    form, lines = _form(tuple(headers), has_content=has_content)
    values = (method, target, host, *headers.values())
    try:
        head = (form % ((*values, length) if has_content else values)).encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError("the value of a header holds a character beyond Latin-1") from None
    # A value that holds a line break adds one to those that end the lines.
    if head.count(b"\n") != lines or head.count(b"\r") != lines or b"\0" in head:
        raise ValueError("the value of a header holds a line break or a NUL")
    return head
