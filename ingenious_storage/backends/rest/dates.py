"""Dates of HTTP (RFC 9110, section 5.6.7), written and read cheaply."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.utils import formatdate, parsedate_to_datetime
from typing import Final

_now: tuple[int, str] = 0, ""


def http_date() -> str:
    """This machine's time, as a `Date` header: it changes once a second."""
    global _now  # noqa: PLW0603  # one string for all threads
    second = int(time.time())
    if _now[0] != second:
        _now = second, formatdate(second, usegmt=True)
    return _now[1]


_MONTHS: Final = {
    "Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "May": 5, "Jun": 6,
    "Jul": 7, "Aug": 8, "Sep": 9, "Oct": 10, "Nov": 11, "Dec": 12,
}  # fmt: skip


def read_date(text: str) -> datetime:
    """The time of a header, with its zone. Raises: ValueError."""
    try:
        if len(text) == 29 and text.endswith(" GMT"):
            return datetime(
                int(text[12:16]), _MONTHS[text[8:11]], int(text[5:7]),
                int(text[17:19]), int(text[20:22]), int(text[23:25]), tzinfo=UTC,
            )  # fmt: skip
    except (KeyError, ValueError):
        pass
    found = parsedate_to_datetime(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
