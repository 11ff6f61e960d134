"""Times as people and programs read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


def timestamp(moment: datetime, *, seconds: bool = False) -> str:
    """RFC 3339, UTC; `seconds`: without their fractions."""
    return moment.isoformat(timespec="seconds" if seconds else "auto").replace("+00:00", "Z")
