"""Forecast of a run: what of it can be known from both listings."""

from __future__ import annotations

from ingenious_ops.migrate.ends.base import Ends, Refusals
from ingenious_ops.migrate.survey import Survey
from ingenious_storage.errors import StorageError


def forecast(ends: Ends, found: Survey) -> Refusals:
    """What would be refused, of the items of `found`; nothing is written."""
    items = found.source.items
    target = ends.target.refused(items, found.present)
    archived = {
        item.key: StorageError(
            "it is archived, and cannot be read",
            key=item.key,
            hint="Bring it back to the hot or cool tier first, which takes hours; or leave it out.",
        )
        for item in items
        if item.is_archived or (item.key in found.present and found.present[item.key].is_archived)
    }
    return Refusals({**target.by_key, **archived}, target.whole)
