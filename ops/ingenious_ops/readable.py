"""Readable: any data of a framework's document as JSON for people; bytes are shown as their length.

It cannot be read back: what JSON lacks is told in words between angle brackets.
"""

from __future__ import annotations

import math
from typing import Any, Final

MOST_LEVELS: Final = 100
"""Deeper lists and names are left out: neither terminals nor JSON of others take them."""


def readable(value: Any, level: int = 0) -> Any:
    """`value` with nothing in it that JSON has not."""
    if isinstance(value, (bytes, bytearray)):
        return f"<{len(value)} byte{'' if len(value) == 1 else 's'}>"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return f"<{value}>"
    if isinstance(value, (dict, list)):
        return _nested(value, level)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return f"<{type(value).__name__}>"


def _nested(value: dict[Any, Any] | list[Any], level: int) -> Any:
    if level >= MOST_LEVELS:
        return f"<{len(value)} more, nested too deep>"
    if isinstance(value, list):
        return [readable(each, level + 1) for each in value]
    return {_name(name): readable(each, level + 1) for name, each in value.items()}


def _name(name: Any) -> str:
    """A key of a mapping; one that is no text stands between angle brackets."""
    return _text(name) if isinstance(name, str) else f"<{readable(name)}>"


def _text(text: str) -> str:
    """With halves of surrogate pairs as `\\udc80`: UTF-8 has none."""
    return text.encode("utf-8", "backslashreplace").decode()
