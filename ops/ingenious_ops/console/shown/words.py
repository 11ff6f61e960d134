"""Words: how sizes, times and ages are written on the pages."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from ingenious_ops.times import timestamp

_UNITS: Final = ("KB", "MB", "GB", "TB")
_SPANS: Final = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"))
_DAYS: Final = 30.0 * 86_400
_UNSEEN: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)


def size(count: int) -> str:
    """Of bytes, in units of 1,000."""
    if count < 1000:
        return f"{count} B"
    value, unit = count / 1000, _UNITS[0]
    for larger in _UNITS[1:]:
        if value < 999.5:
            break
        value, unit = value / 1000, larger
    return f"{value:.1f} {unit}" if value < 9.95 else f"{value:,.0f} {unit}"


def number(count: int) -> str:
    """With a comma between thousands."""
    return f"{count:,}"


def iso(moment: datetime) -> str:
    """For programs."""
    return timestamp(moment, seconds=True)


def minute(moment: datetime) -> str:
    """For people; all times are UTC."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def age(moment: datetime, now: datetime) -> str:
    """How long ago; the day itself when it is over a month. Clocks differ: the future is "now"."""
    seconds = (now - moment).total_seconds()
    if seconds > _DAYS:
        return f"{moment:%Y-%m-%d}"
    for span, unit in _SPANS:
        if seconds >= span:
            return f"{int(seconds // span)} {unit} ago"
    return "now" if seconds < 5 else f"{int(seconds)} s ago"


def plain(text: str) -> str:
    """Without characters that nobody sees or that turn the order of others: by their numbers."""
    return _UNSEEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)
