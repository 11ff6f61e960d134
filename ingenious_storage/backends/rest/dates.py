"""Dates of HTTP (RFC 9110, section 5.6.7), written and read cheaply."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache

_now: tuple[int, str] = 0, ""


def http_date() -> str:
    """This machine's time, as a `Date` header: it changes once a second."""
    global _now  # noqa: PLW0603  # one string for all threads
    second = int(time.time())
    if _now[0] != second:
        _now = second, formatdate(second, usegmt=True)
    return _now[1]


@lru_cache(maxsize=1024)
def read_date(text: str) -> datetime:
    """The time of a header, with its zone. Raises: ValueError."""
    found = parsedate_to_datetime(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
