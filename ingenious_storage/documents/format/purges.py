"""Purges: what stays of documents that were purged, for calls that are still in doubt.

A write or purge whose answer was lost finds another document, or none, where its own was. These
records say what became of its own, without a word of what was in it. They stand in the head that a
purge leaves and in the heads of the document that follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

KEPT: Final = 8
"""Of the newest documents; who is in doubt about an older one stays so."""


@dataclass(frozen=True, slots=True)
class Purged:
    """One purged document: the write_id of its first revision, the number of its last, and the
    id of the purge. Neither is known of one whose head could not be read any more. And the tokens
    of its newest revisions, by which a call that is repeated learns that they are gone."""

    purge_id: str
    origin: str | None = None
    number: int | None = None
    tokens: tuple[str, ...] = ()

    def json(self) -> dict[str, Any]:
        """As it stands in a head."""
        tokens = {"tokens": self.tokens} if self.tokens else {}
        return {"purge_id": self.purge_id, "origin": self.origin, "number": self.number, **tokens}


@dataclass(frozen=True, slots=True)
class Purges:
    """How many documents were purged at one key, and the newest of them, oldest first."""

    count: int = 0
    newest: tuple[Purged, ...] = ()

    @classmethod
    def of(cls, value: Mapping[str, Any] | None) -> Purges:
        """The field `purges` of a head, None when it has none."""
        if value is None:
            return cls()
        newest = (
            Purged(e["purge_id"], e["origin"], e["number"], tuple(e.get("tokens", ())))
            for e in value["newest"]
        )
        return cls(value["count"], tuple(newest))

    def json(self) -> dict[str, Any]:
        """As it stands in a head."""
        return {"count": self.count, "newest": [each.json() for each in self.newest]}

    def __bool__(self) -> bool:
        return self.count > 0

    def __getitem__(self, number: int) -> Purged | None:
        """The document that was purged after `number` others; None when that is not known."""
        at = number - self.count + len(self.newest)
        return self.newest[at] if 0 <= at < len(self.newest) else None

    def and_one_more(self, purged: Purged) -> Purges:
        """These and `purged`; the oldest is forgotten when there are too many, and the tokens of
        all but the newest: they would stand in every head to come.
        """
        before = (replace(each, tokens=()) for each in self.newest)
        return Purges(self.count + 1, (*before, purged)[-KEPT:])

    def has(self, purge_id: str) -> bool:
        """Whether this purge is among those that are remembered."""
        return any(each.purge_id == purge_id for each in self.newest)
