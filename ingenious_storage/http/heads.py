"""Request heads: written so that no value of a caller can end a line or begin another request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Final

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TARGET: Final = re.compile(r"[!-~]+")
_OURS: Final = frozenset({"host", "content-length", "transfer-encoding", "connection", "te"})
"""Headers that decide where a message ends, or who it is for."""
_HAS_CONTENT: Final = frozenset({"PUT", "POST", "PATCH"})


_KNOWN: Final = 256
_names: Final = set[str]()
"""Names that were looked at: few, and the same in every request."""


def _check_names(names: AbstractSet[str]) -> None:
    for name in names:
        if not _TOKEN.fullmatch(name) or name.lower() in _OURS:
            raise ValueError("a header has a name that is none, or that the framing sets itself")
    if len(_names) < _KNOWN:
        _names.update(names)


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
    if not headers.keys() <= _names:
        _check_names(headers.keys() - _names)
    fields = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    if length or method in _HAS_CONTENT:
        fields += f"Content-Length: {length}\r\n"
    text = f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n"
    try:
        head = text.encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError("the value of a header holds a character beyond Latin-1") from None
    # A value that holds a line break adds one to those that end the lines.
    lines = len(headers) + (4 if length or method in _HAS_CONTENT else 3)
    if head.count(b"\n") != lines or head.count(b"\r") != lines or b"\0" in head:
        raise ValueError("the value of a header holds a line break or a NUL")
    return head
