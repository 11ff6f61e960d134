"""Retention: how long the account itself keeps what was deleted, by versioning or soft delete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self


@dataclass(frozen=True, slots=True)
class Retention:
    """None is not known."""

    blobs: timedelta | None = None
    keys: timedelta | None = None
    """Of records of documents' keys; None: as blobs."""

    @classmethod
    def of_days(cls, blobs: int | None, keys: int | None) -> Self:
        """By the numbers of a configuration."""
        return cls(*(None if days is None else timedelta(days=days) for days in (blobs, keys)))

    def after(self, *, keyed: bool) -> timedelta | None:
        """How long what was purged could be brought back so that it can be read.

        Args:
            keyed: its keys were destroyed: without their record no blob of it can be read.
        """
        known = (self.blobs, self.keys if keyed else None)
        return min((each for each in known if each is not None), default=None)


UNKNOWN: Final = Retention()
