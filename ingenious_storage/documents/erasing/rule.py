"""Rule: which segments of a history may go; each of its parts has to allow it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Rule:
    """What to drop. Made of parts that contradict nothing: give one, or several.

    Attributes:
        keep: how many of the newest revisions must stay.
        superseded: only what was superseded longer ago, by the storage's own clock.
        below: only revisions with smaller numbers.
    """

    keep: int | None = None
    superseded: timedelta | None = None
    below: int | None = None

    def checked(self) -> Rule:
        """The same. Raises: ValueError when nothing says what to drop, or it means nothing."""
        if (self.keep, self.superseded, self.below) == (None, None, None):
            raise ValueError("say what to drop: keep=, superseded=, or both")
        if self.keep is not None and self.keep < 1:
            raise ValueError(f"keep is {self.keep}; give 1 or more, the newest one always stays")
        if self.superseded is not None and self.superseded < timedelta(0):
            raise ValueError(f"superseded is {self.superseded}; give a time of 0 or more")
        return self

    def limit(self, now: datetime) -> datetime | None:
        """Segments that were written later are too young; None where age does not count."""
        return None if self.superseded is None else before(now, self.superseded)

    def allows(
        self, number: int, written: datetime | None, *, newest: int, limit: datetime | None
    ) -> bool:
        """Whether the segment whose newest entry is `number` may go.

        Args:
            written: when, by the storage's clock: that is when its newest entry was superseded.
                None when nobody knows, as where it is gone.
            newest: the number of the document's newest revision.
        """
        if self.keep is not None and number > newest - self.keep:
            return False
        if self.below is not None and number >= self.below:
            return False
        return limit is None or (written is not None and written <= limit)


def before(now: datetime, age: timedelta) -> datetime:
    """The time so long ago; the first of all for an age that is longer."""
    try:
        return now - age
    except OverflowError:
        return datetime.min.replace(tzinfo=now.tzinfo)
