"""State: facts of an index by their names, beside its documents."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from ingenious_storage.errors import CatalogueUnusableError

if TYPE_CHECKING:
    import sqlite3

SYNCED_AT: Final = "our synced_at"
"""The end of the last sync, in ISO 8601 with its time zone."""
COMPLETE: Final = "our complete"
"""There when the last sync came to its end."""
WRITES: Final = "writes"
"""Transactions that wrote: whoever lists asks what was there when it began."""
SPREAD: Final = "spread"
"""By how much an id is above the time of its document, at most."""
REMAINS: Final = "remains"
"""There while words of what was removed may still lie in the file."""


def value(db: sqlite3.Connection, name: str) -> Any:
    """None for a name that is not there. Raises: sqlite3.Error."""
    found = db.execute("select value from state where name = ?", (name,)).fetchone()
    return found[0] if found else None


def synced_at(db: sqlite3.Connection) -> datetime | None:
    """None before the first sync. Raises: CatalogueUnusableError, sqlite3.Error."""
    return as_time(value(db, SYNCED_AT))


def as_time(value: Any) -> datetime | None:
    """The value of SYNCED_AT. Raises: CatalogueUnusableError."""
    if value is None:
        return None
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        what = f"the index says {value!r} of its time"
        raise CatalogueUnusableError(what, operation="catalogue") from None
