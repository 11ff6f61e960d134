"""Dates of HTTP (RFC 9110, section 5.6.7), written and read cheaply."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from typing import Final

_LENGTH: Final = len("Sun, 29 Nov 2026 10:01:11 GMT")
_now: tuple[int, str] = 0, ""


def http_date() -> str:
    """This machine's time, as a `Date` header: it changes once a second."""
    global _now  # noqa: PLW0603  # one string for all threads
    second = int(time.time())
    if _now[0] != second:
        _now = second, formatdate(second, usegmt=True)
    return _now[1]


_MONTHS: Final = {
    "Jan": "01", "Feb": "02", "Mar": "03", "Apr": "04", "May": "05", "Jun": "06",
    "Jul": "07", "Aug": "08", "Sep": "09", "Oct": "10", "Nov": "11", "Dec": "12",
}  # fmt: skip


@lru_cache(maxsize=256)
def read_date(text: str) -> datetime:
    """The time of a header, with its zone. Raises: ValueError."""
    if len(text) == _LENGTH and text.endswith(" GMT") and text[8:11] in _MONTHS:
        month = _MONTHS[text[8:11]]
        return datetime.fromisoformat(f"{text[12:16]}-{month}-{text[5:7]}T{text[17:25]}+00:00")
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        raise ValueError(f"{text[:40]!r} is no date") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
